-- +goose Up
-- The advertisement or post that led to a question, sealed: its answer comes in a
-- message that does not name it.
ALTER TABLE questions ADD COLUMN campaign BYTEA;
