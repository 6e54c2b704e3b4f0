-- +goose Up
-- The advertisement or post that led to a message which is no act: WhatsApp names it
-- with the first message alone, and an act that follows within a day came from it.
-- Whose it is stands as the keyed hashes under which an account is looked up, what it
-- was sealed under the business's key, and of the message itself nothing.
CREATE TABLE arrivals (
  business TEXT NOT NULL REFERENCES businesses (id),
  hash     BLOB NOT NULL,
  campaign BLOB NOT NULL,
  at       INTEGER NOT NULL,
  PRIMARY KEY (business, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX arrivals_at ON arrivals (at);
