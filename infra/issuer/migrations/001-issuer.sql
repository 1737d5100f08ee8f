-- What the embedded OpenID Connect issuer remembers, so that sessions and tokens outlive the process.
create schema issuer;

-- Grants, sessions, codes, refresh tokens and logins under way, as oidc-provider hands them over.
create table issuer.record (
  model       text not null,
  id          text not null,
  payload     jsonb not null,
  grant_id    text,
  user_code   text,
  uid         text,
  consumed_at timestamptz,
  expires_at  timestamptz,
  primary key (model, id)
);
create index record_grant_id on issuer.record (grant_id) where grant_id is not null;
create index record_user_code on issuer.record (user_code) where user_code is not null;
create index record_uid on issuer.record (uid) where uid is not null;
create index record_expires_at on issuer.record (expires_at) where expires_at is not null;

-- The private keys of this demonstration issuer: `signing` (JSON Web Keys) and `cookies` (strings).
create table issuer.key (
  name       text primary key,
  value      jsonb not null,
  created_at timestamptz not null default now()
);
