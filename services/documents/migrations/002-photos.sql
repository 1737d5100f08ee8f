-- Photos of reports from the street: kept with the report from its creation on, and public once an agent released them.
alter table documents.document add column signalement_id uuid, add column publie_pour uuid,
  drop constraint document_dossier,
  add constraint document_dossier check ((dossier_id is null and signalement_id is null) = (statut = 'libre'));
create index document_publie on documents.document (publie_pour) where publie_pour is not null;
