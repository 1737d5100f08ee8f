-- Who is who: the only place where an account, the issuer's subject and the sector identifiers meet.
create schema identity;

create table identity.compte (
  id         uuid primary key default gen_random_uuid(),
  emetteur   text not null,
  sujet      text not null,
  acteur_id  uuid not null unique default gen_random_uuid(),
  prenom     text,
  nom        text,
  courriel   text,
  telephone  text,
  langue     text not null default 'fr',
  version    integer not null default 1,
  cree_le    timestamptz not null default now(),
  constraint compte_sujet unique (emetteur, sujet)
);

-- One random identifier per account and sector; nothing outside this schema leads from one to another.
create table identity.usager (
  id        uuid primary key default gen_random_uuid(),
  compte_id uuid not null references identity.compte,
  secteur   text not null,
  constraint usager_secteur unique (compte_id, secteur)
);
