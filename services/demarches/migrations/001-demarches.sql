create schema demarches;

create table demarches.dossier (
  id         uuid primary key,
  reference  text not null constraint dossier_reference unique,
  usager_id  uuid not null,
  secteur    text not null,
  demarche_id text not null,
  demarche_version integer not null,
  etat       text not null,
  formulaire jsonb not null,
  pieces     jsonb not null,
  corrections jsonb not null,
  depose_le  timestamptz,
  echeance_le date,
  suspendue  boolean not null,
  decision   jsonb,
  rouvert    boolean not null,
  instruction_interrompue boolean not null,
  version    integer not null,
  cree_le    timestamptz not null,
  modifie_le timestamptz not null,
  recherche  tsvector not null
);
create index dossier_usager on demarches.dossier (usager_id, cree_le desc, id desc);
-- A decision decides one dossier: two agents who take the same document at once cannot both have it.
create unique index dossier_decision_document on demarches.dossier ((decision ->> 'documentId'))
  where decision ->> 'documentId' is not null;
create index dossier_agent on demarches.dossier (secteur, coalesce(echeance_le, date '9999-12-31'), id) where etat <> 'brouillon';
create index dossier_recherche on demarches.dossier using gin (recherche);

create table demarches.message (
  id         uuid primary key,
  dossier_id uuid not null references demarches.dossier,
  auteur     text not null,
  texte      text not null,
  correction_id uuid,
  cree_le    timestamptz not null
);
create index message_dossier on demarches.message (dossier_id, cree_le, id);
