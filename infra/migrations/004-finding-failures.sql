-- A timer is put off at each failure, so its due date does not tell since when it fails; and what failed must lead
-- the administrator to its trace: a reaction to that of the request that caused it, a timer to its last try.
alter table hub.timer add column failing_since timestamptz, add column failed_trace text;

create or replace view hub.failure as
  select l.id, l.consumer, l.subject, l.failed_rang, e.type, l.attempts, l.error, l.failing_since, l.stopped,
    nullif(split_part(e.traceparent, '-', 2), '') as trace_id
  from hub.lane l left join hub.event e on e.rang = l.failed_rang
  union all
  select t.id, t.name, t.subject, null, null, t.attempts, t.error, t.failing_since, t.stopped, t.failed_trace
  from hub.timer t;

-- Dead letters are counted at each reading of the metrics.
create index timer_stopped on hub.timer (id) where stopped;

-- What an administrator looks for is rare among millions of parts: these indexes hold only that.
create index trace_part_error on hub.trace_part (started_at desc, trace_id) where error is not null;
create index trace_part_slow on hub.trace_part (started_at desc, trace_id) where method is not null and duration_ms >= 1000;
