-- +goose Up
-- The keyed hash of the account that the status of a template named, whose number
-- alone was known: a stop from that account is one of the number (rule 20).
ALTER TABLE messages ADD COLUMN recipient BYTEA;
CREATE INDEX messages_recipient ON messages (recipient) WHERE recipient IS NOT NULL;
