-- +goose Up
-- Whom an operator said to be two people after all: evidence. The event and the
-- other event are those that say so in the chains of the two.
CREATE TABLE partings (
  event       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  business    TEXT COLLATE "C" NOT NULL REFERENCES businesses (id),
  subject     TEXT COLLATE "C" NOT NULL,
  other       TEXT COLLATE "C" NOT NULL,
  other_event TEXT COLLATE "C" NOT NULL,
  at          BIGINT NOT NULL
);
CREATE INDEX partings_subject ON partings (subject);
CREATE INDEX partings_other ON partings (other);

CREATE TRIGGER partings_insert_only BEFORE UPDATE OR DELETE ON partings FOR EACH ROW EXECUTE FUNCTION refuse_change();
