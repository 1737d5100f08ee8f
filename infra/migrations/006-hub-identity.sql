-- Which hub this is: a stream on NATS carries the same id, so that a hub pointed at another's NATS writes nothing there.
alter table hub.relay add column hub_id uuid not null default gen_random_uuid();
