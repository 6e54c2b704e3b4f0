-- +goose Up
-- What is being written and not yet published: no evidence, and gone once it is
-- published. funnel is empty for a funnel that does not exist yet.
CREATE TABLE funnel_drafts (
  id         TEXT COLLATE "C" PRIMARY KEY,
  business   TEXT COLLATE "C" NOT NULL REFERENCES businesses (id),
  funnel     TEXT COLLATE "C" NOT NULL,
  doc        TEXT COLLATE "C" NOT NULL,
  revision   BIGINT NOT NULL,
  author     TEXT COLLATE "C" NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE INDEX funnel_drafts_business ON funnel_drafts (business, id);
CREATE UNIQUE INDEX funnel_drafts_funnel ON funnel_drafts (funnel) WHERE funnel <> '';
