-- Spans of the last days, for administrators, when no OTLP back end keeps them. No personal data: names of
-- routes, actions, statements and errors only.
create table hub.span (
  trace_id    text not null,
  span_id     text not null,
  parent_id   text,
  name        text not null,
  kind        text not null,
  started_at  timestamptz not null,
  duration_ms double precision not null,
  error       text,
  -- The span of an HTTP request at the gateway: where a citizen's trace begins.
  entry       boolean not null,
  attributes  jsonb not null,
  primary key (trace_id, span_id)
);
create index span_entry on hub.span (started_at desc, trace_id) where entry;
create index span_started_at on hub.span (started_at);

-- From the reference that a citizen reads over the phone to the traces of their dossier.
create index event_reference on hub.event ((data ->> 'reference')) where data ? 'reference';
