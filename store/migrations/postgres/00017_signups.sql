-- +goose Up
-- Links of WhatsApp's own by which people sign up, each an entry point.
CREATE TABLE signups (
  entry    TEXT COLLATE "C" PRIMARY KEY REFERENCES entry_points (id),
  business TEXT COLLATE "C" NOT NULL,
  waba     TEXT COLLATE "C" NOT NULL,
  meta_id  TEXT COLLATE "C" NOT NULL,
  privacy  TEXT COLLATE "C" NOT NULL,
  UNIQUE (business, meta_id)
);

-- What a link said, and from when: evidence.
CREATE TABLE signup_versions (
  entry        TEXT COLLATE "C" NOT NULL REFERENCES signups (entry),
  number       BIGINT NOT NULL,
  version      TEXT COLLATE "C" NOT NULL,
  lang         TEXT COLLATE "C" NOT NULL,
  purpose      TEXT COLLATE "C" NOT NULL,
  message      TEXT COLLATE "C" NOT NULL,
  confirmation TEXT COLLATE "C" NOT NULL,
  promo        TEXT COLLATE "C" NOT NULL,
  website      TEXT COLLATE "C" NOT NULL,
  off          BOOLEAN NOT NULL,
  shown        TEXT COLLATE "C" NOT NULL,
  event        TEXT COLLATE "C" NOT NULL,
  author       TEXT COLLATE "C" NOT NULL,
  at           BIGINT NOT NULL,
  PRIMARY KEY (entry, number)
);

CREATE TRIGGER signup_versions_insert_only BEFORE UPDATE OR DELETE ON signup_versions FOR EACH ROW EXECUTE FUNCTION refuse_change();
