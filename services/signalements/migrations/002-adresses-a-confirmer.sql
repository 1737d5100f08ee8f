-- An address with a +tag is the same mailbox: what waits to be confirmed is counted for it.
drop index signalements.signalement_a_confirmer;
create index signalement_a_confirmer on signalements.signalement
  (regexp_replace(lower(contact ->> 'courriel'), '\+[^@]*@', '@')) where etat = 'a_confirmer';
