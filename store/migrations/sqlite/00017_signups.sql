-- +goose Up
-- Links of WhatsApp's own by which people sign up, each an entry point.
CREATE TABLE signups (
  entry    TEXT PRIMARY KEY REFERENCES entry_points (id),
  business TEXT NOT NULL,
  waba     TEXT NOT NULL,
  meta_id  TEXT NOT NULL,
  privacy  TEXT NOT NULL,
  UNIQUE (business, meta_id)
) STRICT;

-- What a link said, and from when: evidence.
CREATE TABLE signup_versions (
  entry        TEXT NOT NULL REFERENCES signups (entry),
  number       INTEGER NOT NULL,
  version      TEXT NOT NULL,
  lang         TEXT NOT NULL,
  purpose      TEXT NOT NULL,
  message      TEXT NOT NULL,
  confirmation TEXT NOT NULL,
  promo        TEXT NOT NULL,
  website      TEXT NOT NULL,
  off          INTEGER NOT NULL CHECK (off IN (0, 1)),
  shown        TEXT NOT NULL,
  event        TEXT NOT NULL,
  author       TEXT NOT NULL,
  at           INTEGER NOT NULL,
  PRIMARY KEY (entry, number)
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER signup_versions_no_update BEFORE UPDATE ON signup_versions BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: signup_versions');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER signup_versions_no_delete BEFORE DELETE ON signup_versions BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: signup_versions');
END;
-- +goose StatementEnd
