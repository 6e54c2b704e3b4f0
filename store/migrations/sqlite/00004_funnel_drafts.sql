-- +goose Up
-- What is being written and not yet published: no evidence, and gone once it is
-- published. funnel is empty for a funnel that does not exist yet.
CREATE TABLE funnel_drafts (
  id         TEXT PRIMARY KEY,
  business   TEXT NOT NULL REFERENCES businesses (id),
  funnel     TEXT NOT NULL,
  doc        TEXT NOT NULL,
  revision   INTEGER NOT NULL,
  author     TEXT NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX funnel_drafts_business ON funnel_drafts (business, id);
CREATE UNIQUE INDEX funnel_drafts_funnel ON funnel_drafts (funnel) WHERE funnel <> '';
