-- +goose Up
-- What a number sent in a time is added up for its health.
CREATE INDEX messages_sender ON messages (sender, created_at);
