-- +goose Up
-- What is counted of a funnel, by the hour. The hour comes before what it is told
-- apart by, for what is asked for is hours: a day of them is one range of the key.
ALTER TABLE counts RENAME TO counts_before;
ALTER INDEX counts_pkey RENAME TO counts_before_pkey;
CREATE TABLE counts (
  funnel TEXT COLLATE "C" NOT NULL,
  hour   BIGINT NOT NULL,
  entry  TEXT COLLATE "C" NOT NULL,
  lang   TEXT COLLATE "C" NOT NULL,
  kind   TEXT COLLATE "C" NOT NULL,
  n      BIGINT NOT NULL,
  PRIMARY KEY (funnel, hour, entry, lang, kind)
);
INSERT INTO counts (funnel, hour, entry, lang, kind, n) SELECT funnel, hour, entry, lang, kind, n FROM counts_before;
DROP TABLE counts_before;

-- The same by the day, UTC, with a column for each kind: a year of a funnel is some
-- thousand rows, where the hours are a million.
CREATE TABLE count_days (
  funnel         TEXT COLLATE "C" NOT NULL,
  day            BIGINT NOT NULL,
  entry          TEXT COLLATE "C" NOT NULL,
  lang           TEXT COLLATE "C" NOT NULL,
  n_view         BIGINT NOT NULL,
  n_scan         BIGINT NOT NULL,
  n_chat_scan    BIGINT NOT NULL,
  n_submitted    BIGINT NOT NULL,
  n_wrote        BIGINT NOT NULL,
  n_confirmed    BIGINT NOT NULL,
  n_refused      BIGINT NOT NULL,
  n_closed       BIGINT NOT NULL,
  n_expired      BIGINT NOT NULL,
  n_not_sent     BIGINT NOT NULL,
  n_stopped      BIGINT NOT NULL,
  n_minute       BIGINT NOT NULL,
  n_five_minutes BIGINT NOT NULL,
  n_hour         BIGINT NOT NULL,
  n_day          BIGINT NOT NULL,
  n_later        BIGINT NOT NULL,
  PRIMARY KEY (funnel, day, entry, lang)
);
INSERT INTO count_days (funnel, day, entry, lang, n_view, n_scan, n_chat_scan, n_submitted, n_wrote, n_confirmed, n_refused, n_closed, n_expired, n_not_sent, n_stopped, n_minute, n_five_minutes, n_hour, n_day, n_later)
  SELECT funnel, hour / 24, entry, lang,
    SUM(CASE WHEN kind = 'view' THEN n ELSE 0 END), SUM(CASE WHEN kind = 'scan' THEN n ELSE 0 END), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
  FROM counts GROUP BY funnel, hour / 24, entry, lang;

-- Through which entry point the newest yes came, as version and lang say the
-- funnel and the language: a stop is counted there. Of an older yes it is not known.
ALTER TABLE consents ADD COLUMN entry TEXT COLLATE "C" NOT NULL DEFAULT '';
