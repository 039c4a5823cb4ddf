-- The same as SQLite's. Bodies are not compressed: they are there for a moment.
CREATE TABLE waiting(
  n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, size BIGINT NOT NULL, body BYTEA NOT NULL);
ALTER TABLE waiting ALTER COLUMN body SET STORAGE EXTERNAL;
