-- +goose Up
-- The keyed hash of the account that the status of a template named, whose number
-- alone was known: a stop from that account is one of the number (rule 20).
ALTER TABLE messages ADD COLUMN recipient BYTEA;
CREATE INDEX messages_recipient ON messages (recipient) WHERE recipient IS NOT NULL;

-- What WhatsApp is to be asked about a person, until it was done: whom it is about
-- is sealed under the business's key, for their own may be gone.
CREATE TABLE errands (
  id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  business   TEXT COLLATE "C" NOT NULL REFERENCES businesses (id),
  sender     TEXT COLLATE "C" NOT NULL,
  subject    TEXT COLLATE "C" NOT NULL,
  kind       TEXT COLLATE "C" NOT NULL CHECK (kind IN ('forget', 'block')),
  sealed     BYTEA NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX errands_subject ON errands (subject) WHERE subject <> '';
