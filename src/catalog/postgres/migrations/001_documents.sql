-- The same tables as SQLite's (src/catalog/sqlite/migrations), where all is explained. References are not checked:
-- that would take a lock of each row that is referred to.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE states(name BYTEA PRIMARY KEY, value BYTEA NOT NULL);

CREATE TABLE nodes(n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id BYTEA NOT NULL UNIQUE);

CREATE TABLE strings(hash BIGINT PRIMARY KEY, text BYTEA NOT NULL);

CREATE TABLE searched(n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, hash BIGINT NOT NULL UNIQUE);
CREATE TABLE texts(n BIGINT PRIMARY KEY, text TEXT NOT NULL);
CREATE INDEX texts_by_pieces ON texts USING gin (text gin_trgm_ops);

CREATE TABLE paths(n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, path BYTEA NOT NULL UNIQUE);

CREATE TABLE shapes(n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, digest BYTEA NOT NULL UNIQUE);
CREATE TABLE shape_paths(
  path BIGINT NOT NULL, shape BIGINT NOT NULL, holds BIGINT NOT NULL,
  PRIMARY KEY (path, shape));

CREATE TABLE environments(
  n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, digest BYTEA NOT NULL UNIQUE, body BYTEA NOT NULL);
CREATE TABLE environment_strings(
  path BIGINT NOT NULL, value BIGINT NOT NULL, environment BIGINT NOT NULL,
  PRIMARY KEY (path, value, environment));

CREATE TABLE documents(
  n BIGINT PRIMARY KEY, time BIGINT NOT NULL, kind BIGINT NOT NULL, revision BIGINT NOT NULL,
  shape BIGINT NOT NULL, environment BIGINT, files BYTEA);
CREATE INDEX documents_by_time ON documents(time DESC);
CREATE INDEX documents_by_shape ON documents(shape, time DESC);
CREATE INDEX documents_by_environment ON documents(environment, time DESC) WHERE environment IS NOT NULL;
CREATE TABLE bodies(n BIGINT PRIMARY KEY, body BYTEA NOT NULL);

CREATE TABLE string_values(
  path BIGINT NOT NULL, value BIGINT NOT NULL, time BIGINT NOT NULL, document BIGINT NOT NULL,
  PRIMARY KEY (path, value, time, document));
CREATE TABLE number_values(
  path BIGINT NOT NULL, value DOUBLE PRECISION NOT NULL, time BIGINT NOT NULL, document BIGINT NOT NULL,
  PRIMARY KEY (path, value, time, document));

CREATE TABLE children(
  parent BIGINT NOT NULL, time BIGINT NOT NULL, child BIGINT NOT NULL,
  PRIMARY KEY (parent, time, child));
CREATE TABLE parents(
  child BIGINT NOT NULL, position BIGINT NOT NULL, parent BIGINT NOT NULL,
  PRIMARY KEY (child, position));
