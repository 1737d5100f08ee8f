-- One row per unit of work in place of one per span: what a request, a reaction or a timer did in one process. Written
-- once, when it ends; a trace is all its parts. Five times fewer rows and index entries for the same waterfall.
drop table hub.span;

create table hub.trace_part (
  trace_id    text not null,
  -- The span that the part began with.
  root_id     text not null,
  name        text not null,
  started_at  timestamptz not null,
  duration_ms double precision not null,
  -- Of an HTTP request at the gateway, where a citizen's trace begins; null for other work.
  method      text,
  route       text,
  status      integer,
  -- The first error in it.
  error       text,
  -- Every span, as the administrator reads them: names of routes, actions and statements, no personal data.
  spans       json not null,
  primary key (trace_id, root_id)
);
create index trace_part_request on hub.trace_part (started_at desc, trace_id desc) where method is not null;
create index trace_part_started_at on hub.trace_part (started_at);
