-- The hub's own tables: the event log and what delivers from it. Services insert events, read them, and keep
-- their lanes, timers and request keys here; they can change nothing else.
create schema hub;

create table hub.event (
  position   bigint generated always as identity primary key,
  rang       bigint,
  id         uuid not null default gen_random_uuid(),
  type       text not null,
  source     text not null,
  subject    text not null,
  sequence   integer not null check (sequence >= 1),
  time       timestamptz not null,
  actor_kind text not null,
  actor_id   text,
  on_behalf_of uuid,
  usager_id  uuid,
  traceparent text,
  data       jsonb not null,
  constraint event_sequence unique (subject, sequence)
);
create unique index event_rang on hub.event (rang);
create index event_unranked on hub.event (position) where rang is null;
create index event_usager on hub.event (usager_id, rang desc) where usager_id is not null;

-- One row: who may stamp (epoch) and how far it is.
create table hub.relay (
  only_one  boolean primary key default true check (only_one),
  epoch     bigint not null default 0,
  last_rang bigint not null default 0
);
insert into hub.relay default values;

create table hub.cursor (
  consumer text primary key,
  rang     bigint not null
);

create table hub.lane (
  id            uuid not null default gen_random_uuid() unique,
  consumer      text not null,
  subject       text not null,
  last_sequence integer not null default 0,
  attempts      integer not null default 0,
  next_try      timestamptz,
  failing_since timestamptz,
  failed_rang   bigint,
  error         text,
  stopped       boolean not null default false,
  primary key (consumer, subject)
);
create index lane_next_try on hub.lane (next_try) where next_try is not null and not stopped;
create index lane_stopped on hub.lane (id) where stopped;

create table hub.timer (
  id       uuid not null default gen_random_uuid() unique,
  name     text not null,
  subject  text not null,
  due_at   timestamptz,
  attempts integer not null default 0,
  error    text,
  stopped  boolean not null default false,
  primary key (name, subject)
);
create index timer_due on hub.timer (due_at) where due_at is not null and not stopped;

-- What failed for good, or is failing: events whose reaction stopped, timers that could not fire.
create view hub.failure as
  select l.id, l.consumer, l.subject, l.failed_rang, e.type, l.attempts, l.error, l.failing_since, l.stopped
  from hub.lane l left join hub.event e on e.rang = l.failed_rang
  union all
  select t.id, t.name, t.subject, null, null, t.attempts, t.error, t.due_at, t.stopped
  from hub.timer t;

-- key: SHA-256 of caller, route and Idempotency-Key, so that no row tells whose request it was.
create table hub.request (
  key        bytea primary key,
  body       bytea not null,
  result_id  uuid,
  created_at timestamptz not null default now()
);
create index request_created_at on hub.request (created_at);

-- Acts of people with power over others' data; append-only.
create table hub.journal (
  id        bigint generated always as identity primary key,
  at        timestamptz not null default now(),
  acteur_id uuid,
  acte      text not null,
  objet     text not null
);
