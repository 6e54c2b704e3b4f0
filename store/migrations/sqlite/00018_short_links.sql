-- +goose Up
-- WhatsApp's own links to the chat with a printed code's text behind them.
CREATE TABLE short_links (
  entry  TEXT PRIMARY KEY REFERENCES entry_points (id),
  sender TEXT NOT NULL REFERENCES senders (id),
  code   TEXT NOT NULL,
  link   TEXT NOT NULL,
  text   TEXT NOT NULL
) STRICT;
