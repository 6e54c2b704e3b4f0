-- +goose Up
-- A message's place in its number's line, once it waits there: so that it is looked
-- at when its turn is near, and not again and again. 0 for none.
ALTER TABLE messages ADD COLUMN turn_at INTEGER NOT NULL DEFAULT 0;
