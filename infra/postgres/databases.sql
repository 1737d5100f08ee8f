-- The hub's database and Keycloak's, each with the one role that may log in to it. Once, on a new server:
--   psql -v guichet_password=... -v keycloak_password=... -f databases.sql
-- The hub's role makes the roles of its services itself, hence createrole. It is no superuser.
create role guichet login createrole password :'guichet_password';
create role keycloak login password :'keycloak_password';
create database guichet owner guichet;
create database keycloak owner keycloak;
revoke all on database guichet, keycloak, postgres from public;
-- A transaction that is left open stalls the relay; the hub's own are short. Not for the whole server: Keycloak holds one
-- open while it makes its tables.
alter database guichet set idle_in_transaction_session_timeout = '60s';
