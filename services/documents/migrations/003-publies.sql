-- A document that the city publishes: it belongs to nobody and to no dossier, and everybody may read it.
alter table documents.document
  drop constraint document_statut_check,
  drop constraint document_usager,
  drop constraint document_dossier,
  add constraint document_statut_check check (statut in ('libre', 'depose', 'decision', 'publie')),
  add constraint document_usager check ((usager_id is null) = (emis_par = 'agent' and statut in ('libre', 'publie'))),
  add constraint document_dossier check ((dossier_id is null and signalement_id is null) = (statut in ('libre', 'publie'))),
  add constraint document_publie check (statut <> 'publie' or emis_par = 'agent');
