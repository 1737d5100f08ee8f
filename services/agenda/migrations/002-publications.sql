-- What the city tells everybody.
create table agenda.evenement (
  id          uuid primary key,
  secteur     text not null,
  titre       text not null,
  description text,
  lieu        text not null,
  situation   text,
  debut       timestamptz not null,
  fin         timestamptz not null check (fin >= debut),
  gratuit     boolean not null,
  annule      boolean not null,
  version     integer not null,
  modifie_le  timestamptz not null
);
create index evenement_debut on agenda.evenement (debut, id);
create index evenement_fin on agenda.evenement (fin);

create table agenda.seance (
  id         uuid primary key,
  titre      text not null,
  lieu       text not null,
  debut      timestamptz not null,
  fin        timestamptz,
  annulee    boolean not null,
  retiree    boolean not null,
  version    integer not null,
  cree_le    timestamptz not null,
  modifie_le timestamptz not null
);
create index seance_debut on agenda.seance (debut desc, id desc) where not retiree;

-- Points and sessions that are taken back stay, marked: who copied them by OParl must be told.
create table agenda.point (
  id         uuid primary key,
  seance_id  uuid not null references agenda.seance,
  ordre      integer not null,
  numero     text not null,
  titre      text not null,
  resultat   text,
  retire     boolean not null,
  cree_le    timestamptz not null,
  modifie_le timestamptz not null
);
create index point_seance on agenda.point (seance_id, ordre);

create table agenda.papier (
  id          uuid primary key,
  seance_id   uuid not null references agenda.seance,
  point_id    uuid references agenda.point,
  type        text not null,
  titre       text not null,
  numero      text,
  document_id uuid not null constraint papier_document unique,
  -- Null until the documents service has published the file.
  publie_le   timestamptz,
  format      text,
  taille      integer,
  sha256      text,
  cree_le     timestamptz not null,
  constraint papier_publie check ((publie_le is null) = (format is null) and (publie_le is null) = (sha256 is null))
);
create index papier_seance on agenda.papier (seance_id, cree_le);
