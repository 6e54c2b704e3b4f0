-- +goose Up
-- The app at Meta that a number is connected by, the provider that passes the API
-- on (empty for Meta itself), and when an operator stopped using the number.
ALTER TABLE senders ADD COLUMN app TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE senders ADD COLUMN host TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE senders ADD COLUMN ended_at BIGINT NOT NULL DEFAULT 0;
