-- +goose Up
-- A code's own words in the chat, empty for the funnel's, and whether it is
-- switched off.
ALTER TABLE entry_points ADD COLUMN text TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE entry_points ADD COLUMN off BOOLEAN NOT NULL DEFAULT FALSE;

-- What a code led to, and from when: evidence. The first of codes that are older
-- than this table, and of those that came with a sample, has no event.
CREATE TABLE entry_versions (
  entry  TEXT COLLATE "C" NOT NULL REFERENCES entry_points (id),
  number BIGINT NOT NULL,
  funnel TEXT COLLATE "C" NOT NULL,
  label  TEXT COLLATE "C" NOT NULL,
  chat   BOOLEAN NOT NULL,
  text   TEXT COLLATE "C" NOT NULL,
  off    BOOLEAN NOT NULL,
  event  TEXT COLLATE "C" NOT NULL,
  author TEXT COLLATE "C" NOT NULL,
  at     BIGINT NOT NULL,
  PRIMARY KEY (entry, number)
);
INSERT INTO entry_versions (entry, number, funnel, label, chat, text, off, event, author, at)
  SELECT id, 1, funnel, label, chat, '', FALSE, '', '', 0 FROM entry_points;

CREATE TRIGGER entry_versions_insert_only BEFORE UPDATE OR DELETE ON entry_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();
