create schema documents;

create table documents.document (
  id         uuid primary key,
  usager_id  uuid,
  secteur    text not null,
  nom        text not null,
  type       text not null,
  taille     integer not null check (taille >= 1),
  sha256     text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  statut     text not null check (statut in ('libre', 'depose', 'decision')),
  emis_par   text not null check (emis_par in ('usager', 'agent')),
  dossier_id uuid,
  version    integer not null,
  cree_le    timestamptz not null,
  supprime_le timestamptz,
  -- An agent's document belongs to nobody until a decision hands it over.
  constraint document_usager check ((usager_id is null) = (emis_par = 'agent' and statut = 'libre')),
  constraint document_dossier check ((dossier_id is null) = (statut = 'libre')),
  constraint document_verrouille check (statut = 'libre' or supprime_le is null)
);
create index document_supprime on documents.document (supprime_le) where supprime_le is not null;

-- One row: which folder of files belongs to this database. The sweep compares it with the mark in the folder.
create table documents.depot (
  only_one boolean primary key default true check (only_one),
  id       uuid not null default gen_random_uuid()
);
insert into documents.depot default values;
