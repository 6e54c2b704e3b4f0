-- +goose Up
-- An identifier that the person gave up stays theirs in the story, and permits
-- nothing: when that was, by Meta's clock, and the event that says so.
ALTER TABLE identifiers ADD COLUMN left_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE identifiers ADD COLUMN left_event TEXT NOT NULL DEFAULT '';
