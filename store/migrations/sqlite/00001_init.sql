-- +goose Up
-- Settings of the installation that are fixed at first start, and its secrets, wrapped.
CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT;

CREATE TABLE businesses (
  id         TEXT PRIMARY KEY,
  slug       TEXT NOT NULL UNIQUE,
  doc        TEXT NOT NULL,
  wrapped    BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE signing_keys (
  kid        TEXT PRIMARY KEY,
  business   TEXT NOT NULL REFERENCES businesses (id),
  public     BLOB NOT NULL,
  wrapped    BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX signing_keys_business ON signing_keys (business, created_at);

CREATE TABLE senders (
  id              TEXT PRIMARY KEY,
  business        TEXT NOT NULL REFERENCES businesses (id),
  phone_number_id TEXT NOT NULL UNIQUE,
  waba            TEXT NOT NULL,
  portfolio       TEXT NOT NULL,
  number          TEXT NOT NULL,
  simulated       INTEGER NOT NULL CHECK (simulated IN (0, 1)),
  sealed          BLOB NOT NULL,
  created_at      INTEGER NOT NULL
) STRICT;

CREATE TABLE funnels (
  id         TEXT PRIMARY KEY,
  business   TEXT NOT NULL REFERENCES businesses (id),
  slug       TEXT NOT NULL UNIQUE,
  state      TEXT NOT NULL CHECK (state IN ('published', 'archived', 'defective')),
  version    TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE funnel_versions (
  id           TEXT PRIMARY KEY,
  funnel       TEXT NOT NULL REFERENCES funnels (id),
  number       INTEGER NOT NULL,
  doc          TEXT NOT NULL,
  event        TEXT NOT NULL,
  published_at INTEGER NOT NULL,
  UNIQUE (funnel, number)
) STRICT;

-- A version found defective stays what it was; that it was found is a row of its own.
CREATE TABLE version_defects (
  version TEXT PRIMARY KEY REFERENCES funnel_versions (id),
  at      INTEGER NOT NULL
) STRICT;

CREATE TABLE shown_texts (
  sha256       TEXT PRIMARY KEY,
  kind         TEXT NOT NULL,
  content_type TEXT NOT NULL,
  body         BLOB NOT NULL,
  created_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE entry_points (
  id     TEXT PRIMARY KEY,
  funnel TEXT NOT NULL REFERENCES funnels (id),
  kind   TEXT NOT NULL,
  code   TEXT NOT NULL UNIQUE,
  label  TEXT NOT NULL,
  chat   INTEGER NOT NULL CHECK (chat IN (0, 1))
) STRICT;
CREATE INDEX entry_points_funnel ON entry_points (funnel, id);

-- A check reads an identifier, a subject and a consent: these three tables are
-- kept in the order of their keys (WITHOUT ROWID), for one page each in place of
-- two.
--
-- A subject is a person as far as evidence joins identifiers. wrapped is the
-- person's data key: destroying it makes everything sealed under it unreadable.
-- Until locked_until nobody sees the person but an operator with a reason; held
-- says that a legal hold stands against erasure and retention.
CREATE TABLE subjects (
  id          TEXT PRIMARY KEY,
  business    TEXT NOT NULL REFERENCES businesses (id),
  wrapped     BLOB NOT NULL,
  seq         INTEGER NOT NULL,
  head        TEXT NOT NULL,
  lang        TEXT NOT NULL,
  country     TEXT NOT NULL,
  platform    TEXT NOT NULL CHECK (platform IN ('', 'stop', 'unsure')),
  platform_at INTEGER NOT NULL,
  reassigned  INTEGER NOT NULL CHECK (reassigned IN (0, 1)),
  merged_into TEXT NOT NULL,
  sender      TEXT NOT NULL,
  window_at   INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  locked_until INTEGER NOT NULL,
  held        INTEGER NOT NULL CHECK (held IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX subjects_merged ON subjects (merged_into) WHERE merged_into <> '';

CREATE TABLE identifiers (
  business TEXT NOT NULL,
  hash     BLOB NOT NULL,
  kind     TEXT NOT NULL CHECK (kind IN ('line', 'wa_id', 'bsuid', 'parent_bsuid')),
  subject  TEXT NOT NULL REFERENCES subjects (id),
  scope    TEXT NOT NULL,
  sealed   BLOB NOT NULL,
  event    TEXT NOT NULL,
  seen_at  INTEGER NOT NULL,
  PRIMARY KEY (business, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX identifiers_subject ON identifiers (subject, kind);

CREATE TABLE requests (
  id         TEXT PRIMARY KEY,
  token_hash BLOB NOT NULL,
  business   TEXT NOT NULL,
  version    TEXT NOT NULL,
  lang       TEXT NOT NULL,
  entry      TEXT NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('requested', 'deferred', 'confirmed', 'closed')),
  ticked     TEXT NOT NULL,
  shown      INTEGER NOT NULL CHECK (shown IN (0, 1)),
  notice     TEXT NOT NULL,
  page       TEXT NOT NULL,
  line       BLOB,
  wrapped    BLOB NOT NULL,
  sealed     BLOB NOT NULL,
  code_hash  BLOB NOT NULL,
  attempt    INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  event      TEXT NOT NULL,
  subject    TEXT NOT NULL,
  message    TEXT NOT NULL,
  agreed     TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX requests_token ON requests (token_hash);
CREATE INDEX requests_code ON requests (code_hash);
CREATE INDEX requests_line ON requests (line) WHERE line IS NOT NULL;
CREATE INDEX requests_open ON requests (expires_at) WHERE state = 'requested';
CREATE INDEX requests_subject ON requests (subject) WHERE subject <> '';

-- Older codes of a request still lead to its question (rule 16).
CREATE TABLE spent_codes (
  code_hash BLOB PRIMARY KEY,
  request   TEXT NOT NULL
) STRICT;

CREATE TABLE consents (
  id          TEXT NOT NULL UNIQUE,
  business    TEXT NOT NULL,
  subject     TEXT NOT NULL REFERENCES subjects (id),
  purpose     TEXT NOT NULL,
  scope       TEXT NOT NULL CHECK (scope IN ('marketing', 'transactional')),
  state       TEXT NOT NULL,
  simulated   INTEGER NOT NULL CHECK (simulated IN (0, 1)),
  version     TEXT NOT NULL,
  lang        TEXT NOT NULL,
  first_at    INTEGER NOT NULL,
  given_at    INTEGER NOT NULL,
  given_event TEXT NOT NULL,
  grade       TEXT NOT NULL,
  basis       TEXT NOT NULL,
  until_at    INTEGER NOT NULL,
  ended_at    INTEGER NOT NULL,
  ended_event TEXT NOT NULL,
  end_state   TEXT NOT NULL,
  refused_at  INTEGER NOT NULL,
  held_at     INTEGER NOT NULL,
  changed_at  INTEGER NOT NULL,
  hidden      INTEGER NOT NULL CHECK (hidden IN (0, 1)),
  PRIMARY KEY (subject, purpose)
) STRICT, WITHOUT ROWID;
CREATE INDEX consents_changed ON consents (business, changed_at, id);

CREATE TABLE suppressions (
  id       TEXT PRIMARY KEY,
  business TEXT NOT NULL,
  subject  TEXT NOT NULL,
  scope    TEXT NOT NULL,
  purpose  TEXT NOT NULL,
  reason   TEXT NOT NULL,
  at       INTEGER NOT NULL,
  salt     BLOB NOT NULL,
  event    TEXT NOT NULL
) STRICT;
CREATE INDEX suppressions_subject ON suppressions (subject);

CREATE TABLE suppression_hashes (
  hash        BLOB NOT NULL,
  suppression TEXT NOT NULL REFERENCES suppressions (id),
  PRIMARY KEY (hash, suppression)
) STRICT;
CREATE INDEX suppression_hashes_suppression ON suppression_hashes (suppression);

CREATE TABLE suppression_ends (
  suppression TEXT NOT NULL REFERENCES suppressions (id),
  purpose     TEXT NOT NULL,
  event       TEXT NOT NULL,
  PRIMARY KEY (suppression, purpose)
) STRICT;
CREATE INDEX suppression_ends_event ON suppression_ends (event);

CREATE TABLE events (
  id         TEXT PRIMARY KEY,
  business   TEXT NOT NULL,
  subject    TEXT NOT NULL,
  request    TEXT NOT NULL,
  name       TEXT NOT NULL,
  jwt        BLOB NOT NULL,
  key_id     TEXT NOT NULL,
  sealed     BLOB NOT NULL,
  raw        BLOB,
  seq        INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  arrived_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_seq ON events (subject, seq) WHERE seq > 0;
CREATE INDEX events_subject ON events (subject, seq, id) WHERE subject <> '';
CREATE INDEX events_acts ON events (business, id) WHERE name = 'operator.acted' AND subject = '';
-- A request names its own first event; this finds those that follow.
CREATE INDEX events_request ON events (request) WHERE request <> '' AND name <> 'consent.requested';

-- The log: leaf n is the JWT of an event; nodes are the roots of full subtrees
-- of 256^level leaves.
CREATE TABLE leaves (
  n     INTEGER PRIMARY KEY,
  event TEXT NOT NULL UNIQUE REFERENCES events (id),
  hash  BLOB NOT NULL
) STRICT;

CREATE TABLE nodes (
  level INTEGER NOT NULL,
  n     INTEGER NOT NULL,
  hash  BLOB NOT NULL,
  PRIMARY KEY (level, n)
) STRICT;

CREATE TABLE log_head (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  edge BLOB NOT NULL
) STRICT;

CREATE TABLE checkpoints (
  size      INTEGER PRIMARY KEY,
  note      BLOB NOT NULL,
  signed_at INTEGER NOT NULL
) STRICT;

-- Outside parties that vouch for checkpoints, and what they said.
CREATE TABLE parties (
  id         TEXT PRIMARY KEY,
  kind       TEXT NOT NULL CHECK (kind IN ('witness', 'timestamp')),
  name       TEXT NOT NULL,
  key        BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE anchors (
  size       INTEGER NOT NULL REFERENCES checkpoints (size),
  party      TEXT NOT NULL REFERENCES parties (id),
  proof      BLOB NOT NULL,
  at         INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (size, party)
) STRICT;
CREATE INDEX anchors_party ON anchors (party, size);

-- Data keys that were destroyed, and the event that says so. What was sealed
-- under them is noise since; the log goes on.
CREATE TABLE destructions (
  key_id TEXT PRIMARY KEY,
  event  TEXT NOT NULL REFERENCES events (id),
  at     INTEGER NOT NULL
) STRICT;

-- A question is words with buttons that wait in a chat for their answer.
CREATE TABLE questions (
  id         TEXT PRIMARY KEY,
  business   TEXT NOT NULL,
  subject    TEXT NOT NULL,
  version    TEXT NOT NULL,
  lang       TEXT NOT NULL,
  purposes   TEXT NOT NULL,
  request    TEXT NOT NULL,
  entry      TEXT NOT NULL,
  kind       TEXT NOT NULL CHECK (kind IN ('buttons', 'template', 'receipt', 'stop')),
  matched    TEXT NOT NULL,
  shown      TEXT NOT NULL,
  closed     INTEGER NOT NULL CHECK (closed IN (0, 1)),
  asked_at   INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX questions_subject ON questions (subject, asked_at);

CREATE TABLE messages (
  id         TEXT PRIMARY KEY,
  business   TEXT NOT NULL,
  sender     TEXT NOT NULL,
  subject    TEXT NOT NULL,
  kind       TEXT NOT NULL,
  lang       TEXT NOT NULL,
  key_id     TEXT NOT NULL,
  sealed     BLOB NOT NULL,
  about      TEXT NOT NULL,
  state      TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'delivered', 'read', 'failed', 'unclear', 'dropped')),
  code       INTEGER NOT NULL,
  wamid_hash BLOB,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_subject ON messages (subject, created_at);
CREATE UNIQUE INDEX messages_wamid ON messages (wamid_hash) WHERE wamid_hash IS NOT NULL;

-- Which number was asked by template, and when: once per number in 30 days.
CREATE TABLE template_asks (
  line     BLOB NOT NULL,
  business TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  silent   INTEGER NOT NULL CHECK (silent IN (0, 1)),
  PRIMARY KEY (line, business, asked_at)
) STRICT;

-- One row for each inbound message or change that was acted on: a webhook may
-- come again for ever.
CREATE TABLE seen (
  hash  BLOB PRIMARY KEY,
  event TEXT NOT NULL,
  at    INTEGER NOT NULL
) STRICT;

-- Wrong codes, counted for each account and hour (rule 28).
CREATE TABLE wrong_codes (
  hash BLOB NOT NULL,
  hour INTEGER NOT NULL,
  n    INTEGER NOT NULL,
  PRIMARY KEY (hash, hour)
) STRICT;

CREATE TABLE day_keys (
  id         TEXT PRIMARY KEY,
  wrapped    BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE inbox (
  id          TEXT PRIMARY KEY,
  key_id      TEXT NOT NULL,
  sealed      BLOB NOT NULL,
  authorised  TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('new', 'done', 'parked')),
  reason      TEXT NOT NULL,
  received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX inbox_new ON inbox (id) WHERE state = 'new';
CREATE INDEX inbox_parked ON inbox (id) WHERE state = 'parked';

CREATE TABLE jobs (
  id          TEXT PRIMARY KEY,
  kind        TEXT NOT NULL,
  ref         TEXT NOT NULL,
  run_at      INTEGER NOT NULL,
  attempts    INTEGER NOT NULL,
  claimed_at  INTEGER NOT NULL,
  last_error  TEXT NOT NULL,
  UNIQUE (kind, ref)
) STRICT;
CREATE INDEX jobs_due ON jobs (run_at, id);

CREATE TABLE operators (
  id         TEXT PRIMARY KEY,
  login      TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL,
  password   TEXT NOT NULL,
  role       TEXT NOT NULL,
  disabled   INTEGER NOT NULL CHECK (disabled IN (0, 1)),
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
  hash       BLOB PRIMARY KEY,
  operator   TEXT NOT NULL REFERENCES operators (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_operator ON sessions (operator);

CREATE TABLE api_keys (
  id         TEXT PRIMARY KEY,
  business   TEXT NOT NULL REFERENCES businesses (id),
  hash       BLOB NOT NULL UNIQUE,
  name       TEXT NOT NULL,
  hint       TEXT NOT NULL,
  scopes     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER NOT NULL
) STRICT;

CREATE TABLE idempotency (
  api_key    TEXT NOT NULL,
  hash       BLOB NOT NULL,
  request    BLOB NOT NULL,
  status     INTEGER NOT NULL,
  body       BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (api_key, hash)
) STRICT;

CREATE TABLE counts (
  funnel TEXT NOT NULL,
  entry  TEXT NOT NULL,
  lang   TEXT NOT NULL,
  hour   INTEGER NOT NULL,
  kind   TEXT NOT NULL,
  n      INTEGER NOT NULL,
  PRIMARY KEY (funnel, entry, lang, hour, kind)
) STRICT;

INSERT INTO log_head (id, edge) VALUES (1, x'0000000000000000');

-- Evidence is insert-only.
-- +goose StatementBegin
CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: events');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: events');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER leaves_no_update BEFORE UPDATE ON leaves BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: leaves');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER leaves_no_delete BEFORE DELETE ON leaves BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: leaves');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER nodes_no_update BEFORE UPDATE ON nodes BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: nodes');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER nodes_no_delete BEFORE DELETE ON nodes BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: nodes');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: checkpoints');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: checkpoints');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER shown_texts_no_update BEFORE UPDATE ON shown_texts BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: shown_texts');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER shown_texts_no_delete BEFORE DELETE ON shown_texts BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: shown_texts');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER suppressions_no_update BEFORE UPDATE ON suppressions BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: suppressions');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER suppressions_no_delete BEFORE DELETE ON suppressions BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: suppressions');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER suppression_hashes_no_update BEFORE UPDATE ON suppression_hashes BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: suppression_hashes');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER suppression_hashes_no_delete BEFORE DELETE ON suppression_hashes BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: suppression_hashes');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER suppression_ends_no_update BEFORE UPDATE ON suppression_ends BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: suppression_ends');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER suppression_ends_no_delete BEFORE DELETE ON suppression_ends BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: suppression_ends');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER funnel_versions_no_update BEFORE UPDATE ON funnel_versions BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: funnel_versions');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER funnel_versions_no_delete BEFORE DELETE ON funnel_versions BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: funnel_versions');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER version_defects_no_update BEFORE UPDATE ON version_defects BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: version_defects');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER version_defects_no_delete BEFORE DELETE ON version_defects BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: version_defects');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER signing_keys_no_update BEFORE UPDATE ON signing_keys BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: signing_keys');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER signing_keys_no_delete BEFORE DELETE ON signing_keys BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: signing_keys');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER parties_no_update BEFORE UPDATE ON parties BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: parties');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER parties_no_delete BEFORE DELETE ON parties BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: parties');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER anchors_no_update BEFORE UPDATE ON anchors BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: anchors');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER anchors_no_delete BEFORE DELETE ON anchors BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: anchors');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER destructions_no_update BEFORE UPDATE ON destructions BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: destructions');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER destructions_no_delete BEFORE DELETE ON destructions BEGIN
  SELECT RAISE(ABORT, 'evidence is insert-only: destructions');
END;
-- +goose StatementEnd
