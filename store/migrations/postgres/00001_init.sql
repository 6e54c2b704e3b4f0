-- +goose Up
-- Settings of the installation that are fixed at first start, and its secrets, wrapped.
CREATE TABLE settings (
  name  TEXT COLLATE "C" PRIMARY KEY,
  value BYTEA NOT NULL
);

CREATE TABLE businesses (
  id         TEXT COLLATE "C" PRIMARY KEY,
  slug       TEXT COLLATE "C" NOT NULL UNIQUE,
  doc        TEXT COLLATE "C" NOT NULL,
  wrapped    BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE signing_keys (
  kid        TEXT COLLATE "C" PRIMARY KEY,
  business   TEXT COLLATE "C" NOT NULL REFERENCES businesses (id),
  public     BYTEA NOT NULL,
  wrapped    BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX signing_keys_business ON signing_keys (business, created_at);

CREATE TABLE senders (
  id              TEXT COLLATE "C" PRIMARY KEY,
  business        TEXT COLLATE "C" NOT NULL REFERENCES businesses (id),
  phone_number_id TEXT COLLATE "C" NOT NULL UNIQUE,
  waba            TEXT COLLATE "C" NOT NULL,
  portfolio       TEXT COLLATE "C" NOT NULL,
  number          TEXT COLLATE "C" NOT NULL,
  simulated       BOOLEAN NOT NULL,
  sealed          BYTEA NOT NULL,
  created_at      BIGINT NOT NULL
);

CREATE TABLE funnels (
  id         TEXT COLLATE "C" PRIMARY KEY,
  business   TEXT COLLATE "C" NOT NULL REFERENCES businesses (id),
  slug       TEXT COLLATE "C" NOT NULL UNIQUE,
  state      TEXT COLLATE "C" NOT NULL CHECK (state IN ('published', 'archived', 'defective')),
  version    TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE funnel_versions (
  id           TEXT COLLATE "C" PRIMARY KEY,
  funnel       TEXT COLLATE "C" NOT NULL REFERENCES funnels (id),
  number       BIGINT NOT NULL,
  doc          TEXT COLLATE "C" NOT NULL,
  event        TEXT COLLATE "C" NOT NULL,
  published_at BIGINT NOT NULL,
  UNIQUE (funnel, number)
);

-- A version found defective stays what it was; that it was found is a row of its own.
CREATE TABLE version_defects (
  version TEXT COLLATE "C" PRIMARY KEY REFERENCES funnel_versions (id),
  at      BIGINT NOT NULL
);

CREATE TABLE shown_texts (
  sha256       TEXT COLLATE "C" PRIMARY KEY,
  kind         TEXT COLLATE "C" NOT NULL,
  content_type TEXT COLLATE "C" NOT NULL,
  body         BYTEA NOT NULL,
  created_at   BIGINT NOT NULL
);

CREATE TABLE entry_points (
  id     TEXT COLLATE "C" PRIMARY KEY,
  funnel TEXT COLLATE "C" NOT NULL REFERENCES funnels (id),
  kind   TEXT COLLATE "C" NOT NULL,
  code   TEXT COLLATE "C" NOT NULL UNIQUE,
  label  TEXT COLLATE "C" NOT NULL,
  chat   BOOLEAN NOT NULL
);
CREATE INDEX entry_points_funnel ON entry_points (funnel, id);

-- A subject is a person as far as evidence joins identifiers. wrapped is the
-- person's data key: destroying it makes everything sealed under it unreadable.
-- Until locked_until nobody sees the person but an operator with a reason; held
-- says that a legal hold stands against erasure and retention.
CREATE TABLE subjects (
  id          TEXT COLLATE "C" PRIMARY KEY,
  business    TEXT COLLATE "C" NOT NULL REFERENCES businesses (id),
  wrapped     BYTEA NOT NULL,
  seq         BIGINT NOT NULL,
  head        TEXT COLLATE "C" NOT NULL,
  lang        TEXT COLLATE "C" NOT NULL,
  country     TEXT COLLATE "C" NOT NULL,
  platform    TEXT COLLATE "C" NOT NULL CHECK (platform IN ('', 'stop', 'unsure')),
  platform_at BIGINT NOT NULL,
  reassigned  BOOLEAN NOT NULL,
  merged_into TEXT COLLATE "C" NOT NULL,
  sender      TEXT COLLATE "C" NOT NULL,
  window_at   BIGINT NOT NULL,
  created_at  BIGINT NOT NULL,
  locked_until BIGINT NOT NULL,
  held        BOOLEAN NOT NULL
);
CREATE INDEX subjects_merged ON subjects (merged_into) WHERE merged_into <> '';

CREATE TABLE identifiers (
  business TEXT COLLATE "C" NOT NULL,
  hash     BYTEA NOT NULL,
  kind     TEXT COLLATE "C" NOT NULL CHECK (kind IN ('line', 'wa_id', 'bsuid', 'parent_bsuid')),
  subject  TEXT COLLATE "C" NOT NULL REFERENCES subjects (id),
  scope    TEXT COLLATE "C" NOT NULL,
  sealed   BYTEA NOT NULL,
  event    TEXT COLLATE "C" NOT NULL,
  seen_at  BIGINT NOT NULL,
  PRIMARY KEY (business, hash)
);
CREATE INDEX identifiers_subject ON identifiers (subject, kind);

CREATE TABLE requests (
  id         TEXT COLLATE "C" PRIMARY KEY,
  token_hash BYTEA NOT NULL,
  business   TEXT COLLATE "C" NOT NULL,
  version    TEXT COLLATE "C" NOT NULL,
  lang       TEXT COLLATE "C" NOT NULL,
  entry      TEXT COLLATE "C" NOT NULL,
  state      TEXT COLLATE "C" NOT NULL CHECK (state IN ('requested', 'deferred', 'confirmed', 'closed')),
  ticked     TEXT COLLATE "C" NOT NULL,
  shown      BOOLEAN NOT NULL,
  notice     TEXT COLLATE "C" NOT NULL,
  page       TEXT COLLATE "C" NOT NULL,
  line       BYTEA,
  wrapped    BYTEA NOT NULL,
  sealed     BYTEA NOT NULL,
  code_hash  BYTEA NOT NULL,
  attempt    BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  event      TEXT COLLATE "C" NOT NULL,
  subject    TEXT COLLATE "C" NOT NULL,
  message    TEXT COLLATE "C" NOT NULL,
  agreed     TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX requests_token ON requests (token_hash);
CREATE INDEX requests_code ON requests (code_hash);
CREATE INDEX requests_line ON requests (line) WHERE line IS NOT NULL;
CREATE INDEX requests_open ON requests (expires_at) WHERE state = 'requested';
CREATE INDEX requests_subject ON requests (subject) WHERE subject <> '';

-- Older codes of a request still lead to its question (rule 16).
CREATE TABLE spent_codes (
  code_hash BYTEA PRIMARY KEY,
  request   TEXT COLLATE "C" NOT NULL
);

CREATE TABLE consents (
  id          TEXT COLLATE "C" PRIMARY KEY,
  business    TEXT COLLATE "C" NOT NULL,
  subject     TEXT COLLATE "C" NOT NULL REFERENCES subjects (id),
  purpose     TEXT COLLATE "C" NOT NULL,
  scope       TEXT COLLATE "C" NOT NULL CHECK (scope IN ('marketing', 'transactional')),
  state       TEXT COLLATE "C" NOT NULL,
  simulated   BOOLEAN NOT NULL,
  version     TEXT COLLATE "C" NOT NULL,
  lang        TEXT COLLATE "C" NOT NULL,
  first_at    BIGINT NOT NULL,
  given_at    BIGINT NOT NULL,
  given_event TEXT COLLATE "C" NOT NULL,
  grade       TEXT COLLATE "C" NOT NULL,
  basis       TEXT COLLATE "C" NOT NULL,
  until_at    BIGINT NOT NULL,
  ended_at    BIGINT NOT NULL,
  ended_event TEXT COLLATE "C" NOT NULL,
  end_state   TEXT COLLATE "C" NOT NULL,
  refused_at  BIGINT NOT NULL,
  held_at     BIGINT NOT NULL,
  changed_at  BIGINT NOT NULL,
  hidden      BOOLEAN NOT NULL,
  UNIQUE (subject, purpose)
);
CREATE INDEX consents_changed ON consents (business, changed_at, id);

CREATE TABLE suppressions (
  id       TEXT COLLATE "C" PRIMARY KEY,
  business TEXT COLLATE "C" NOT NULL,
  subject  TEXT COLLATE "C" NOT NULL,
  scope    TEXT COLLATE "C" NOT NULL,
  purpose  TEXT COLLATE "C" NOT NULL,
  reason   TEXT COLLATE "C" NOT NULL,
  at       BIGINT NOT NULL,
  salt     BYTEA NOT NULL,
  event    TEXT COLLATE "C" NOT NULL
);
CREATE INDEX suppressions_subject ON suppressions (subject);

CREATE TABLE suppression_hashes (
  hash        BYTEA NOT NULL,
  suppression TEXT COLLATE "C" NOT NULL REFERENCES suppressions (id),
  PRIMARY KEY (hash, suppression)
);
CREATE INDEX suppression_hashes_suppression ON suppression_hashes (suppression);

CREATE TABLE suppression_ends (
  suppression TEXT COLLATE "C" NOT NULL REFERENCES suppressions (id),
  purpose     TEXT COLLATE "C" NOT NULL,
  event       TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (suppression, purpose)
);
CREATE INDEX suppression_ends_event ON suppression_ends (event);

CREATE TABLE events (
  id         TEXT COLLATE "C" PRIMARY KEY,
  business   TEXT COLLATE "C" NOT NULL,
  subject    TEXT COLLATE "C" NOT NULL,
  request    TEXT COLLATE "C" NOT NULL,
  name       TEXT COLLATE "C" NOT NULL,
  jwt        BYTEA NOT NULL,
  key_id     TEXT COLLATE "C" NOT NULL,
  sealed     BYTEA NOT NULL,
  raw        BYTEA,
  seq        BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  arrived_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX events_seq ON events (subject, seq) WHERE seq > 0;
CREATE INDEX events_subject ON events (subject, seq, id) WHERE subject <> '';
CREATE INDEX events_acts ON events (business, id) WHERE name = 'operator.acted' AND subject = '';
-- A request names its own first event; this finds those that follow.
CREATE INDEX events_request ON events (request) WHERE request <> '' AND name <> 'consent.requested';

-- The log: leaf n is the JWT of an event; nodes are the roots of full subtrees
-- of 256^level leaves.
CREATE TABLE leaves (
  n     BIGINT PRIMARY KEY,
  event TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES events (id),
  hash  BYTEA NOT NULL
);

CREATE TABLE nodes (
  level BIGINT NOT NULL,
  n     BIGINT NOT NULL,
  hash  BYTEA NOT NULL,
  PRIMARY KEY (level, n)
);

CREATE TABLE log_head (
  id   BIGINT PRIMARY KEY CHECK (id = 1),
  edge BYTEA NOT NULL
);

CREATE TABLE checkpoints (
  size      BIGINT PRIMARY KEY,
  note      BYTEA NOT NULL,
  signed_at BIGINT NOT NULL
);

-- Outside parties that vouch for checkpoints, and what they said.
CREATE TABLE parties (
  id         TEXT COLLATE "C" PRIMARY KEY,
  kind       TEXT COLLATE "C" NOT NULL CHECK (kind IN ('witness', 'timestamp')),
  name       TEXT COLLATE "C" NOT NULL,
  key        BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE anchors (
  size       BIGINT NOT NULL REFERENCES checkpoints (size),
  party      TEXT COLLATE "C" NOT NULL REFERENCES parties (id),
  proof      BYTEA NOT NULL,
  at         BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (size, party)
);
CREATE INDEX anchors_party ON anchors (party, size);

-- Data keys that were destroyed, and the event that says so. What was sealed
-- under them is noise since; the log goes on.
CREATE TABLE destructions (
  key_id TEXT COLLATE "C" PRIMARY KEY,
  event  TEXT COLLATE "C" NOT NULL REFERENCES events (id),
  at     BIGINT NOT NULL
);

-- A question is words with buttons that wait in a chat for their answer.
CREATE TABLE questions (
  id         TEXT COLLATE "C" PRIMARY KEY,
  business   TEXT COLLATE "C" NOT NULL,
  subject    TEXT COLLATE "C" NOT NULL,
  version    TEXT COLLATE "C" NOT NULL,
  lang       TEXT COLLATE "C" NOT NULL,
  purposes   TEXT COLLATE "C" NOT NULL,
  request    TEXT COLLATE "C" NOT NULL,
  entry      TEXT COLLATE "C" NOT NULL,
  kind       TEXT COLLATE "C" NOT NULL CHECK (kind IN ('buttons', 'template', 'receipt', 'stop')),
  matched    TEXT COLLATE "C" NOT NULL,
  shown      TEXT COLLATE "C" NOT NULL,
  closed     BOOLEAN NOT NULL,
  asked_at   BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX questions_subject ON questions (subject, asked_at);

CREATE TABLE messages (
  id         TEXT COLLATE "C" PRIMARY KEY,
  business   TEXT COLLATE "C" NOT NULL,
  sender     TEXT COLLATE "C" NOT NULL,
  subject    TEXT COLLATE "C" NOT NULL,
  kind       TEXT COLLATE "C" NOT NULL,
  lang       TEXT COLLATE "C" NOT NULL,
  key_id     TEXT COLLATE "C" NOT NULL,
  sealed     BYTEA NOT NULL,
  about      TEXT COLLATE "C" NOT NULL,
  state      TEXT COLLATE "C" NOT NULL CHECK (state IN ('queued', 'sent', 'delivered', 'read', 'failed', 'unclear', 'dropped')),
  code       BIGINT NOT NULL,
  wamid_hash BYTEA,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE INDEX messages_subject ON messages (subject, created_at);
CREATE UNIQUE INDEX messages_wamid ON messages (wamid_hash) WHERE wamid_hash IS NOT NULL;

-- Which number was asked by template, and when: once per number in 30 days.
CREATE TABLE template_asks (
  line     BYTEA NOT NULL,
  business TEXT COLLATE "C" NOT NULL,
  asked_at BIGINT NOT NULL,
  silent   BOOLEAN NOT NULL,
  PRIMARY KEY (line, business, asked_at)
);

-- One row for each inbound message or change that was acted on: a webhook may
-- come again for ever.
CREATE TABLE seen (
  hash  BYTEA PRIMARY KEY,
  event TEXT COLLATE "C" NOT NULL,
  at    BIGINT NOT NULL
);

-- Wrong codes, counted for each account and hour (rule 28).
CREATE TABLE wrong_codes (
  hash BYTEA NOT NULL,
  hour BIGINT NOT NULL,
  n    BIGINT NOT NULL,
  PRIMARY KEY (hash, hour)
);

CREATE TABLE day_keys (
  id         TEXT COLLATE "C" PRIMARY KEY,
  wrapped    BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE inbox (
  id          TEXT COLLATE "C" PRIMARY KEY,
  key_id      TEXT COLLATE "C" NOT NULL,
  sealed      BYTEA NOT NULL,
  authorised  TEXT COLLATE "C" NOT NULL,
  state       TEXT COLLATE "C" NOT NULL CHECK (state IN ('new', 'done', 'parked')),
  reason      TEXT COLLATE "C" NOT NULL,
  received_at BIGINT NOT NULL
);
CREATE INDEX inbox_new ON inbox (id) WHERE state = 'new';
CREATE INDEX inbox_parked ON inbox (id) WHERE state = 'parked';

CREATE TABLE jobs (
  id          TEXT COLLATE "C" PRIMARY KEY,
  kind        TEXT COLLATE "C" NOT NULL,
  ref         TEXT COLLATE "C" NOT NULL,
  run_at      BIGINT NOT NULL,
  attempts    BIGINT NOT NULL,
  claimed_at  BIGINT NOT NULL,
  last_error  TEXT COLLATE "C" NOT NULL,
  UNIQUE (kind, ref)
);
CREATE INDEX jobs_due ON jobs (run_at, id);

CREATE TABLE operators (
  id         TEXT COLLATE "C" PRIMARY KEY,
  login      TEXT COLLATE "C" NOT NULL UNIQUE,
  name       TEXT COLLATE "C" NOT NULL,
  password   TEXT COLLATE "C" NOT NULL,
  role       TEXT COLLATE "C" NOT NULL,
  disabled   BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE sessions (
  hash       BYTEA PRIMARY KEY,
  operator   TEXT COLLATE "C" NOT NULL REFERENCES operators (id),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_operator ON sessions (operator);

CREATE TABLE api_keys (
  id         TEXT COLLATE "C" PRIMARY KEY,
  business   TEXT COLLATE "C" NOT NULL REFERENCES businesses (id),
  hash       BYTEA NOT NULL UNIQUE,
  name       TEXT COLLATE "C" NOT NULL,
  hint       TEXT COLLATE "C" NOT NULL,
  scopes     TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL
);

CREATE TABLE idempotency (
  api_key    TEXT COLLATE "C" NOT NULL,
  hash       BYTEA NOT NULL,
  request    BYTEA NOT NULL,
  status     BIGINT NOT NULL,
  body       BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (api_key, hash)
);

CREATE TABLE counts (
  funnel TEXT COLLATE "C" NOT NULL,
  entry  TEXT COLLATE "C" NOT NULL,
  lang   TEXT COLLATE "C" NOT NULL,
  hour   BIGINT NOT NULL,
  kind   TEXT COLLATE "C" NOT NULL,
  n      BIGINT NOT NULL,
  PRIMARY KEY (funnel, entry, lang, hour, kind)
);

INSERT INTO log_head (id, edge) VALUES (1, '\x0000000000000000');

-- Evidence is insert-only.
-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'evidence is insert-only: %', TG_TABLE_NAME;
END;
$$;
-- +goose StatementEnd
CREATE TRIGGER events_insert_only BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER leaves_insert_only BEFORE UPDATE OR DELETE ON leaves FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER nodes_insert_only BEFORE UPDATE OR DELETE ON nodes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER checkpoints_insert_only BEFORE UPDATE OR DELETE ON checkpoints FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER shown_texts_insert_only BEFORE UPDATE OR DELETE ON shown_texts FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER suppressions_insert_only BEFORE UPDATE OR DELETE ON suppressions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER suppression_hashes_insert_only BEFORE UPDATE OR DELETE ON suppression_hashes FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER suppression_ends_insert_only BEFORE UPDATE OR DELETE ON suppression_ends FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER funnel_versions_insert_only BEFORE UPDATE OR DELETE ON funnel_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER version_defects_insert_only BEFORE UPDATE OR DELETE ON version_defects FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER signing_keys_insert_only BEFORE UPDATE OR DELETE ON signing_keys FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER parties_insert_only BEFORE UPDATE OR DELETE ON parties FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER anchors_insert_only BEFORE UPDATE OR DELETE ON anchors FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER destructions_insert_only BEFORE UPDATE OR DELETE ON destructions FOR EACH ROW EXECUTE FUNCTION refuse_change();
