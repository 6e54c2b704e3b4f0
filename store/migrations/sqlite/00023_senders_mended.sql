-- +goose Up
-- A body that was parked for its signature is checked again when a secret is set: the
-- header is kept as it came. Of those before it is not known.
ALTER TABLE inbox ADD COLUMN signature TEXT NOT NULL DEFAULT '';
-- When an operator took the number away, 0 for never. What was done by it stays, so the
-- row does; the phone number id may be connected anew.
ALTER TABLE senders ADD COLUMN removed_at INTEGER NOT NULL DEFAULT 0;
-- Whom an operator wants to hear again.
CREATE TABLE errands_now (
  id         TEXT NOT NULL PRIMARY KEY,
  business   TEXT NOT NULL REFERENCES businesses (id),
  sender     TEXT NOT NULL,
  subject    TEXT NOT NULL,
  kind       TEXT NOT NULL CHECK (kind IN ('forget', 'block', 'unblock')),
  sealed     BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
INSERT INTO errands_now (id, business, sender, subject, kind, sealed, created_at) SELECT id, business, sender, subject, kind, sealed, created_at FROM errands;
DROP TABLE errands;
ALTER TABLE errands_now RENAME TO errands;
CREATE INDEX errands_subject ON errands (subject) WHERE subject <> '';
