-- The index of documents (src/catalog/sql/document_index.hpp says what is in it). Text of unknown origin is kept as bytes.

-- Settings of this index and positions of those who fill it.
CREATE TABLE states(name BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- Every id that was met, of a document or of a parent that may never come.
CREATE TABLE nodes(n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE) STRICT;

-- Values of text by their hash: those that are not long.
CREATE TABLE strings(hash INTEGER PRIMARY KEY, text BLOB NOT NULL) STRICT;

-- Values of text that people search for pieces of, folded to lower case. They have small numbers of their own, since an
-- index of pieces grows with its numbers.
CREATE TABLE searched(n INTEGER PRIMARY KEY, hash INTEGER NOT NULL UNIQUE) STRICT;
CREATE VIRTUAL TABLE texts USING fts5(
  text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1');

-- Paths to fields, the names joined by NUL.
CREATE TABLE paths(n INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE) STRICT;

-- What documents have under which paths, once for all that are alike: `holds` is a set of bits.
CREATE TABLE shapes(n INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE) STRICT;
CREATE TABLE shape_paths(
  path INTEGER NOT NULL REFERENCES paths, shape INTEGER NOT NULL REFERENCES shapes, holds INTEGER NOT NULL,
  PRIMARY KEY (path, shape)) STRICT, WITHOUT ROWID;

-- The maps of installed packages, once each.
CREATE TABLE environments(n INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, body BLOB NOT NULL) STRICT;
CREATE TABLE environment_strings(
  path INTEGER NOT NULL, value INTEGER NOT NULL, environment INTEGER NOT NULL REFERENCES environments,
  PRIMARY KEY (path, value, environment)) STRICT, WITHOUT ROWID;

-- The narrow part of each document, for filtering; times are microseconds since 1970.
CREATE TABLE documents(
  n INTEGER PRIMARY KEY REFERENCES nodes, time INTEGER NOT NULL, kind INTEGER NOT NULL, revision INTEGER NOT NULL,
  shape INTEGER NOT NULL REFERENCES shapes, environment INTEGER REFERENCES environments, files BLOB) STRICT;
CREATE INDEX documents_by_time ON documents(time DESC);
CREATE INDEX documents_by_shape ON documents(shape, time DESC);
CREATE INDEX documents_by_environment ON documents(environment, time DESC) WHERE environment IS NOT NULL;
CREATE TABLE bodies(n INTEGER PRIMARY KEY REFERENCES documents ON DELETE CASCADE, body BLOB NOT NULL) STRICT;

-- Values under paths, newest first; of text its hash, of a datetime the microseconds since 1970.
CREATE TABLE string_values(
  path INTEGER NOT NULL, value INTEGER NOT NULL, time INTEGER NOT NULL, document INTEGER NOT NULL,
  PRIMARY KEY (path, value, time DESC, document)) STRICT, WITHOUT ROWID;
CREATE TABLE number_values(
  path INTEGER NOT NULL, value REAL NOT NULL, time INTEGER NOT NULL, document INTEGER NOT NULL,
  PRIMARY KEY (path, value, time DESC, document)) STRICT, WITHOUT ROWID;

-- Lineage, both ways.
CREATE TABLE children(
  parent INTEGER NOT NULL REFERENCES nodes, time INTEGER NOT NULL, child INTEGER NOT NULL REFERENCES nodes,
  PRIMARY KEY (parent, time DESC, child)) STRICT, WITHOUT ROWID;
CREATE TABLE parents(
  child INTEGER NOT NULL REFERENCES nodes, position INTEGER NOT NULL, parent INTEGER NOT NULL REFERENCES nodes,
  PRIMARY KEY (child, position)) STRICT, WITHOUT ROWID;
