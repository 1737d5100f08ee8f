create schema agenda;
-- Trusted since PostgreSQL 13 and part of every distribution: equality beside overlap in one exclusion constraint.
create extension if not exists btree_gist with schema agenda;

create table agenda.motif (
  id         uuid primary key,
  secteur    text not null,
  titre      text not null,
  instructions text,
  mode       text not null,
  duree      integer not null check (duree between 5 and 480),
  reservable_par text not null,
  delai_min  integer not null check (delai_min >= 0),
  delai_max  integer not null check (delai_max >= 1),
  capacite   integer not null check (capacite between 1 and 500),
  actif      boolean not null,
  version    integer not null
);

create table agenda.lieu (
  id        uuid primary key,
  secteur   text not null,
  libelle   text not null,
  situation text,
  actif     boolean not null,
  version   integer not null
);

create table agenda.plage (
  id         uuid primary key,
  secteur    text not null,
  agent_id   uuid not null,
  lieu_id    uuid not null references agenda.lieu,
  motif_ids  jsonb not null,
  premier_jour date not null,
  debut      text not null,
  fin        text not null check (fin > debut),
  recurrence text,
  ouverte    boolean not null,
  version    integer not null
);
create index plage_lieu on agenda.plage (lieu_id) where ouverte;
create index plage_secteur on agenda.plage (secteur, id) where ouverte;
create index plage_agent on agenda.plage (agent_id, secteur);

create table agenda.absence (
  id       uuid primary key,
  secteur  text not null,
  agent_id uuid not null,
  periode  tstzrange not null check (not isempty(periode)),
  levee    boolean not null,
  version  integer not null
);
create index absence_agent on agenda.absence using gist (agent_id, periode) where not levee;
create index absence_secteur on agenda.absence (secteur, id) where not levee;

-- Holds and rendez-vous. What nobody may ever do is forbidden here, whatever the code does:
-- an agent is in one place at a time, together only with those of the same motif at the same start (`creneau`), and
-- of these there are no more than the capacity: each has a place of its own, numbered from 1.
create table agenda.rendez_vous (
  id         uuid primary key,
  secteur    text not null,
  motif_id   uuid not null references agenda.motif,
  lieu_id    uuid not null references agenda.lieu,
  agent_id   uuid not null,
  usager_id  uuid,
  debut      timestamptz not null,
  fin        timestamptz not null,
  periode    tstzrange not null generated always as (tstzrange(debut, fin, '[)')) stored,
  creneau    text not null generated always as
    (motif_id::text || '@' || extract(epoch from debut at time zone 'UTC')::bigint::text) stored,
  -- Minutes since 1970: what a question about a month of fifty agents reads by the thousand.
  debut_min  integer not null generated always as ((extract(epoch from debut at time zone 'UTC') / 60)::integer) stored,
  fin_min    integer not null generated always as ((extract(epoch from fin at time zone 'UTC') / 60)::integer) stored,
  place      integer not null,
  capacite   integer not null,
  statut     text not null check (statut in ('reserve', 'expire', 'inconnu', 'vu', 'absent', 'excuse', 'annule')),
  reserve_jusqua  timestamptz,
  dossier_id uuid,
  details    jsonb not null,
  attend_depuis timestamptz,
  avis       integer not null default 0,
  dernier_avis date,
  version    integer not null,
  cree_le    timestamptz not null,
  modifie_le timestamptz not null,
  constraint rendez_vous_duree check (fin > debut),
  constraint rendez_vous_minutes check (date_trunc('minute', debut) = debut and date_trunc('minute', fin) = fin),
  constraint rendez_vous_capacite check (place between 1 and capacite),
  constraint rendez_vous_reserve check ((statut = 'reserve') <= (reserve_jusqua is not null)),
  constraint rendez_vous_agent exclude using gist (agent_id with =, periode with &&, creneau with <>)
    where (statut in ('reserve', 'inconnu', 'vu', 'absent'))
);
-- Also answers what takes an agent's time, without a look at the table.
create unique index rendez_vous_place on agenda.rendez_vous (agent_id, debut_min, place) include (fin_min, motif_id, id)
  where statut in ('reserve', 'inconnu', 'vu', 'absent');
create index rendez_vous_usager on agenda.rendez_vous (usager_id, debut desc, id desc);
create index rendez_vous_secteur on agenda.rendez_vous (secteur, debut, id);
create index rendez_vous_dossier on agenda.rendez_vous (dossier_id) where dossier_id is not null;
create index rendez_vous_attente on agenda.rendez_vous (motif_id, lieu_id, attend_depuis) where attend_depuis is not null;

create table agenda.invitation (
  id         uuid primary key,
  motif_id   uuid not null references agenda.motif,
  usager_id  uuid not null,
  dossier_id uuid not null,
  version    integer not null
);
create index invitation_usager on agenda.invitation (usager_id, motif_id);

-- The key is the address itself: whoever could read it here could read the rendez-vous, too.
create table agenda.calendrier (
  id       uuid primary key,
  cle      text not null constraint calendrier_cle unique,
  secteur  text not null,
  agent_id uuid not null,
  ouvert   boolean not null,
  version  integer not null
);
create unique index calendrier_agent on agenda.calendrier (agent_id, secteur) where ouvert;
