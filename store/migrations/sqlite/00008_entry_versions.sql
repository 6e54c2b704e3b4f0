-- +goose Up
-- A code's own words in the chat, empty for the funnel's, and whether it is
-- switched off.
ALTER TABLE entry_points ADD COLUMN text TEXT NOT NULL DEFAULT '';
ALTER TABLE entry_points ADD COLUMN off INTEGER NOT NULL DEFAULT 0 CHECK (off IN (0, 1));

-- What a code led to, and from when: evidence. The first of codes that are older
-- than this table, and of those that came with a sample, has no event.
CREATE TABLE entry_versions (
  entry  TEXT NOT NULL REFERENCES entry_points (id),
  number INTEGER NOT NULL,
  funnel TEXT NOT NULL,
  label  TEXT NOT NULL,
  chat   INTEGER NOT NULL CHECK (chat IN (0, 1)),
  text   TEXT NOT NULL,
  off    INTEGER NOT NULL CHECK (off IN (0, 1)),
  event  TEXT NOT NULL,
  author TEXT NOT NULL,
  at     INTEGER NOT NULL,
  PRIMARY KEY (entry, number)
) STRICT;
INSERT INTO entry_versions (entry, number, funnel, label, chat, text, off, event, author, at)
  SELECT id, 1, funnel, label, chat, '', 0, '', '', 0 FROM entry_points;

-- +goose StatementBegin
CREATE TRIGGER entry_versions_no_update BEFORE UPDATE ON entry_versions BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: entry_versions');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER entry_versions_no_delete BEFORE DELETE ON entry_versions BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: entry_versions');
END;
-- +goose StatementEnd
