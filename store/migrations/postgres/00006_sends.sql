-- +goose Up
-- How many messages a second a number sends at most.
ALTER TABLE senders ADD COLUMN rate BIGINT NOT NULL DEFAULT 80;

-- What an operator has to know of. An open alarm that holds something keeps it
-- from being sent; about names what: a number, an account, a token, a template.
CREATE TABLE alarms (
  id          TEXT COLLATE "C" PRIMARY KEY,
  business    TEXT COLLATE "C" NOT NULL,
  sender      TEXT COLLATE "C" NOT NULL,
  kind        TEXT COLLATE "C" NOT NULL,
  about       TEXT COLLATE "C" NOT NULL,
  name        TEXT COLLATE "C" NOT NULL,
  holds       TEXT COLLATE "C" NOT NULL CHECK (holds IN ('', 'all', 'templates')),
  code        BIGINT NOT NULL,
  detail      TEXT COLLATE "C" NOT NULL,
  n           BIGINT NOT NULL,
  since       BIGINT NOT NULL,
  seen_at     BIGINT NOT NULL,
  resolved_at BIGINT NOT NULL,
  resolved_by TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX alarms_open ON alarms (business, kind, about) WHERE resolved_at = 0;
CREATE INDEX alarms_business ON alarms (business, seen_at, id);

-- What rests for a while: a number, an account, a pair of number and person.
CREATE TABLE send_pauses (
  about    TEXT COLLATE "C" PRIMARY KEY,
  until_at BIGINT NOT NULL,
  n        BIGINT NOT NULL,
  code     BIGINT NOT NULL
);

-- When the next message of a number, or of a pair, has its turn.
CREATE TABLE send_turns (
  about TEXT COLLATE "C" PRIMARY KEY,
  at    BIGINT NOT NULL
);
CREATE INDEX send_turns_at ON send_turns (at);

-- Whom a portfolio has written to first in the last 24 hours: Meta limits how many.
CREATE TABLE send_shares (
  portfolio TEXT COLLATE "C" NOT NULL,
  hash      BYTEA NOT NULL,
  at        BIGINT NOT NULL,
  PRIMARY KEY (portfolio, hash)
);
CREATE INDEX send_shares_at ON send_shares (portfolio, at);

-- Message templates as Meta has them now. library names the text of ours that
-- one was made of, empty for one that was made elsewhere.
CREATE TABLE templates (
  waba       TEXT COLLATE "C" NOT NULL,
  name       TEXT COLLATE "C" NOT NULL,
  lang       TEXT COLLATE "C" NOT NULL,
  meta_id    TEXT COLLATE "C" NOT NULL,
  library    TEXT COLLATE "C" NOT NULL,
  wanted     TEXT COLLATE "C" NOT NULL,
  category   TEXT COLLATE "C" NOT NULL,
  announced  TEXT COLLATE "C" NOT NULL,
  status     TEXT COLLATE "C" NOT NULL,
  quality    TEXT COLLATE "C" NOT NULL,
  reason     TEXT COLLATE "C" NOT NULL,
  doc        TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  checked_at BIGINT NOT NULL,
  PRIMARY KEY (waba, name, lang)
);

-- What Meta last said of a number or an account: quality, limits, restrictions.
CREATE TABLE account_states (
  about      TEXT COLLATE "C" PRIMARY KEY,
  doc        TEXT COLLATE "C" NOT NULL,
  changed_at BIGINT NOT NULL
);
