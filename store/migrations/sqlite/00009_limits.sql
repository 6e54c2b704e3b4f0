-- +goose Up
-- How often something happened in a window of time, by a keyed hash of what, whom
-- and which window. Nobody's number or address stands here; rows go when their
-- window has ended.
CREATE TABLE limit_counts (
  hash     BLOB PRIMARY KEY,
  n        INTEGER NOT NULL,
  until_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX limit_counts_until ON limit_counts (until_at);
