-- A paper that is taken back stays, marked: who copied it by OParl must be told. Its document is not published again.
alter table agenda.papier add column retire_le timestamptz;
