-- Which traces failed: few rows, asked of every trace that an administrator lists.
create index trace_part_failed on hub.trace_part (trace_id) where error is not null;
