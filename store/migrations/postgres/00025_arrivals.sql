-- +goose Up
-- The advertisement or post that led to a message which is no act: WhatsApp names it
-- with the first message alone, and an act that follows within a day came from it.
-- Whose it is stands as the keyed hashes under which an account is looked up, what it
-- was sealed under the business's key, and of the message itself nothing.
CREATE TABLE arrivals (
  business TEXT COLLATE "C" NOT NULL REFERENCES businesses (id),
  hash     BYTEA NOT NULL,
  campaign BYTEA NOT NULL,
  at       BIGINT NOT NULL,
  PRIMARY KEY (business, hash)
);
CREATE INDEX arrivals_at ON arrivals (at);
