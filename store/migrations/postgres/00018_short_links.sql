-- +goose Up
-- WhatsApp's own links to the chat with a printed code's text behind them.
CREATE TABLE short_links (
  entry  TEXT COLLATE "C" PRIMARY KEY REFERENCES entry_points (id),
  sender TEXT COLLATE "C" NOT NULL REFERENCES senders (id),
  code   TEXT COLLATE "C" NOT NULL,
  link   TEXT COLLATE "C" NOT NULL,
  text   TEXT COLLATE "C" NOT NULL
);
