-- Steps of a dossier that took place elsewhere: a rendez-vous to which the usager came.
alter table demarches.dossier add column etapes jsonb not null default '[]';
