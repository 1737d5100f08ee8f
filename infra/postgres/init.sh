#!/bin/sh
# Run once by the image of PostgreSQL, when its data folder is new.
set -eu
psql --set ON_ERROR_STOP=1 --username postgres --dbname postgres --file /etc/guichet/databases.sql \
  --set guichet_password="$GUICHET_PASSWORD" --set keycloak_password="$KEYCLOAK_PASSWORD"
