-- +goose Up
-- How many messages a second a number sends at most.
ALTER TABLE senders ADD COLUMN rate INTEGER NOT NULL DEFAULT 80;

-- What an operator has to know of. An open alarm that holds something keeps it
-- from being sent; about names what: a number, an account, a token, a template.
CREATE TABLE alarms (
  id          TEXT PRIMARY KEY,
  business    TEXT NOT NULL,
  sender      TEXT NOT NULL,
  kind        TEXT NOT NULL,
  about       TEXT NOT NULL,
  name        TEXT NOT NULL,
  holds       TEXT NOT NULL CHECK (holds IN ('', 'all', 'templates')),
  code        INTEGER NOT NULL,
  detail      TEXT NOT NULL,
  n           INTEGER NOT NULL,
  since       INTEGER NOT NULL,
  seen_at     INTEGER NOT NULL,
  resolved_at INTEGER NOT NULL,
  resolved_by TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX alarms_open ON alarms (business, kind, about) WHERE resolved_at = 0;
CREATE INDEX alarms_business ON alarms (business, seen_at, id);

-- What rests for a while: a number, an account, a pair of number and person.
CREATE TABLE send_pauses (
  about    TEXT PRIMARY KEY,
  until_at INTEGER NOT NULL,
  n        INTEGER NOT NULL,
  code     INTEGER NOT NULL
) STRICT;

-- When the next message of a number, or of a pair, has its turn.
CREATE TABLE send_turns (
  about TEXT PRIMARY KEY,
  at    INTEGER NOT NULL
) STRICT;
CREATE INDEX send_turns_at ON send_turns (at);

-- Whom a portfolio has written to first in the last 24 hours: Meta limits how many.
CREATE TABLE send_shares (
  portfolio TEXT NOT NULL,
  hash      BLOB NOT NULL,
  at        INTEGER NOT NULL,
  PRIMARY KEY (portfolio, hash)
) STRICT;
CREATE INDEX send_shares_at ON send_shares (portfolio, at);

-- Message templates as Meta has them now. library names the text of ours that
-- one was made of, empty for one that was made elsewhere.
CREATE TABLE templates (
  waba       TEXT NOT NULL,
  name       TEXT NOT NULL,
  lang       TEXT NOT NULL,
  meta_id    TEXT NOT NULL,
  library    TEXT NOT NULL,
  wanted     TEXT NOT NULL,
  category   TEXT NOT NULL,
  announced  TEXT NOT NULL,
  status     TEXT NOT NULL,
  quality    TEXT NOT NULL,
  reason     TEXT NOT NULL,
  doc        TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  checked_at INTEGER NOT NULL,
  PRIMARY KEY (waba, name, lang)
) STRICT;

-- What Meta last said of a number or an account: quality, limits, restrictions.
CREATE TABLE account_states (
  about      TEXT PRIMARY KEY,
  doc        TEXT NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
