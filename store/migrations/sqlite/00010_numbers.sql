-- +goose Up
-- What is counted of a funnel, by the hour. The hour comes before what it is told
-- apart by, for what is asked for is hours: a day of them is one range of the key.
ALTER TABLE counts RENAME TO counts_before;
CREATE TABLE counts (
  funnel TEXT NOT NULL,
  hour   INTEGER NOT NULL,
  entry  TEXT NOT NULL,
  lang   TEXT NOT NULL,
  kind   TEXT NOT NULL,
  n      INTEGER NOT NULL,
  PRIMARY KEY (funnel, hour, entry, lang, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO counts (funnel, hour, entry, lang, kind, n) SELECT funnel, hour, entry, lang, kind, n FROM counts_before;
DROP TABLE counts_before;

-- The same by the day, UTC, with a column for each kind: a year of a funnel is some
-- thousand rows, where the hours are a million.
CREATE TABLE count_days (
  funnel         TEXT NOT NULL,
  day            INTEGER NOT NULL,
  entry          TEXT NOT NULL,
  lang           TEXT NOT NULL,
  n_view         INTEGER NOT NULL,
  n_scan         INTEGER NOT NULL,
  n_chat_scan    INTEGER NOT NULL,
  n_submitted    INTEGER NOT NULL,
  n_wrote        INTEGER NOT NULL,
  n_confirmed    INTEGER NOT NULL,
  n_refused      INTEGER NOT NULL,
  n_closed       INTEGER NOT NULL,
  n_expired      INTEGER NOT NULL,
  n_not_sent     INTEGER NOT NULL,
  n_stopped      INTEGER NOT NULL,
  n_minute       INTEGER NOT NULL,
  n_five_minutes INTEGER NOT NULL,
  n_hour         INTEGER NOT NULL,
  n_day          INTEGER NOT NULL,
  n_later        INTEGER NOT NULL,
  PRIMARY KEY (funnel, day, entry, lang)
) STRICT, WITHOUT ROWID;
INSERT INTO count_days (funnel, day, entry, lang, n_view, n_scan, n_chat_scan, n_submitted, n_wrote, n_confirmed, n_refused, n_closed, n_expired, n_not_sent, n_stopped, n_minute, n_five_minutes, n_hour, n_day, n_later)
  SELECT funnel, hour / 24, entry, lang,
    SUM(CASE WHEN kind = 'view' THEN n ELSE 0 END), SUM(CASE WHEN kind = 'scan' THEN n ELSE 0 END), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
  FROM counts GROUP BY funnel, hour / 24, entry, lang;

-- Through which entry point the newest yes came, as version and lang say the
-- funnel and the language: a stop is counted there. Of an older yes it is not known.
ALTER TABLE consents ADD COLUMN entry TEXT NOT NULL DEFAULT '';
