-- The procedures on offer, every version that was ever published. The files of a release publish what is not here yet; what
-- is here never changes, and processes of an older release read it from here. `json`, since the order of a form's fields
-- is that of its keys.
create table demarches.demarche (
  id         text not null,
  version    integer not null,
  contenu    json not null,
  publiee_le timestamptz not null,
  primary key (id, version)
);

-- One row: its version counts what was published, and is the sequence of the catalogue's events.
create table demarches.catalogue (
  id      text primary key,
  version integer not null
);
insert into demarches.catalogue values ('demarches', 0);
