-- +goose Up
-- A body that was parked for its signature is checked again when a secret is set: the
-- header is kept as it came. Of those before it is not known.
ALTER TABLE inbox ADD COLUMN signature TEXT COLLATE "C" NOT NULL DEFAULT '';
-- When an operator took the number away, 0 for never. What was done by it stays, so the
-- row does; the phone number id may be connected anew.
ALTER TABLE senders ADD COLUMN removed_at BIGINT NOT NULL DEFAULT 0;
-- Whom an operator wants to hear again.
ALTER TABLE errands DROP CONSTRAINT errands_kind_check;
ALTER TABLE errands ADD CONSTRAINT errands_kind_check CHECK (kind IN ('forget', 'block', 'unblock'));
