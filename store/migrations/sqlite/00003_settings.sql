-- +goose Up
-- Two more kinds of question: was it you who asked on the settings' page, and the
-- link that the answer brings. SQLite changes no CHECK, so the table is made anew.
CREATE TABLE questions_next (
  id         TEXT PRIMARY KEY,
  business   TEXT NOT NULL,
  subject    TEXT NOT NULL,
  version    TEXT NOT NULL,
  lang       TEXT NOT NULL,
  purposes   TEXT NOT NULL,
  request    TEXT NOT NULL,
  entry      TEXT NOT NULL,
  kind       TEXT NOT NULL CHECK (kind IN ('buttons', 'template', 'receipt', 'stop', 'settings', 'grant')),
  matched    TEXT NOT NULL,
  shown      TEXT NOT NULL,
  closed     INTEGER NOT NULL CHECK (closed IN (0, 1)),
  asked_at   INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
INSERT INTO questions_next (id, business, subject, version, lang, purposes, request, entry, kind, matched, shown, closed, asked_at, expires_at)
  SELECT id, business, subject, version, lang, purposes, request, entry, kind, matched, shown, closed, asked_at, expires_at FROM questions;
DROP TABLE questions;
ALTER TABLE questions_next RENAME TO questions;
CREATE INDEX questions_subject ON questions (subject, asked_at);
