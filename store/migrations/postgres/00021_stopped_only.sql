-- +goose Up
-- A stop of what was never given ends nothing: a no stays a no.
UPDATE consents SET state = CASE WHEN refused_at > 0 THEN 'refused' ELSE 'unknown' END WHERE state = 'withdrawn' AND given_at = 0;
