-- +goose Up
-- The app at Meta that a number is connected by, the provider that passes the API
-- on (empty for Meta itself), and when an operator stopped using the number.
ALTER TABLE senders ADD COLUMN app TEXT NOT NULL DEFAULT '';
ALTER TABLE senders ADD COLUMN host TEXT NOT NULL DEFAULT '';
ALTER TABLE senders ADD COLUMN ended_at INTEGER NOT NULL DEFAULT 0;
