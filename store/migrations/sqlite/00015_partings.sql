-- +goose Up
-- Whom an operator said to be two people after all: evidence. The event and the
-- other event are those that say so in the chains of the two.
CREATE TABLE partings (
  event       TEXT NOT NULL PRIMARY KEY,
  business    TEXT NOT NULL REFERENCES businesses (id),
  subject     TEXT NOT NULL,
  other       TEXT NOT NULL,
  other_event TEXT NOT NULL,
  at          INTEGER NOT NULL
) STRICT;
CREATE INDEX partings_subject ON partings (subject);
CREATE INDEX partings_other ON partings (other);

-- +goose StatementBegin
CREATE TRIGGER partings_no_update BEFORE UPDATE ON partings BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: partings');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER partings_no_delete BEFORE DELETE ON partings BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: partings');
END;
-- +goose StatementEnd
