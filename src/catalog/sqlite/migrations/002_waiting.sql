-- Rows of values on their way into their tables (src/catalog/sql/value_rows.hpp says how a body is written).
CREATE TABLE waiting(n INTEGER PRIMARY KEY, size INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
