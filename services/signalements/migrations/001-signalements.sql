create schema signalements;

create table signalements.signalement (
  id         uuid primary key,
  reference  text not null constraint signalement_reference unique,
  usager_id  uuid,
  client     text,
  secteur    text not null,
  service    text not null,
  categorie  text not null,
  categorie_jeu integer not null,
  etat       text not null,
  raison     text,
  doublon_de text,
  latitude   double precision,
  longitude  double precision,
  adresse    text,
  description text,
  reponses   jsonb not null,
  photos     jsonb not null,
  lien_media text,
  contact    jsonb,
  description_publique text,
  photos_publiques jsonb not null,
  etapes     jsonb not null,
  questions  jsonb not null,
  notes      jsonb not null,
  echeance_le date,
  prevu_le   date,
  constate_le timestamptz not null,
  cree_le    timestamptz not null,
  modifie_le timestamptz not null,
  version    integer not null,
  constraint signalement_lieu check ((latitude is null) = (longitude is null) and (latitude is not null or adresse is not null)),
  constraint signalement_raison check ((raison is not null) = (etat = 'clos_sans_suite')),
  constraint signalement_doublon check ((doublon_de is not null) = (raison is not distinct from 'doublon'))
);
create index signalement_public on signalements.signalement (cree_le desc, id desc) where etat <> 'a_confirmer';
-- Bounding boxes: a point is in a box, of the map or around a new report.
create index signalement_lieu on signalements.signalement using gist (point(longitude, latitude)) where longitude is not null;
create index signalement_agent on signalements.signalement (secteur, coalesce(echeance_le, date '9999-12-31'), id) where etat <> 'a_confirmer';
create index signalement_usager on signalements.signalement (usager_id, cree_le desc) where usager_id is not null;
create index signalement_a_confirmer on signalements.signalement (lower(contact ->> 'courriel')) where etat = 'a_confirmer';

-- One person's following of one report; without usager: of somebody who reported the same by another way.
create table signalements.abonnement (
  id         uuid primary key,
  signalement_id uuid not null references signalements.signalement,
  usager_id  uuid,
  actif      boolean not null,
  version    integer not null,
  constraint abonnement_usager unique (signalement_id, usager_id)
);
create index abonnement_mien on signalements.abonnement (usager_id) where usager_id is not null;

-- A further report of the same problem, under the id that its application drew.
create table signalements.temoignage (
  id         uuid primary key,
  signalement_id uuid not null references signalements.signalement,
  usager_id  uuid,
  description text,
  latitude   double precision not null,
  longitude  double precision not null,
  photos     jsonb not null,
  contact    jsonb,
  constate_le timestamptz not null,
  cree_le    timestamptz not null
);
create index temoignage_signalement on signalements.temoignage (signalement_id, cree_le, id);

-- Everything that was ever sent, as a report or as a further one: under one id, one of the two, once.
create table signalements.envoi (
  id uuid primary key
);

-- One row: what confirmation links are made with.
create table signalements.secret (
  only_one boolean primary key default true check (only_one),
  cle      bytea not null
);
insert into signalements.secret (cle) values (sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')));

-- Keys of staff systems that report by Open311: the SHA-256 of each, never the key.
create table signalements.cle_open311 (
  id         uuid primary key,
  client     text not null,
  empreinte  bytea not null unique,
  cree_le    timestamptz not null,
  revoquee_le timestamptz
);
