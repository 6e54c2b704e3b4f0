-- +goose Up
-- A stop of what was never given ends nothing: a no stays a no. Of who was erased the
-- state is all that is left, and stays as the erasure's event says it.
UPDATE consents SET state = CASE WHEN refused_at > 0 THEN 'refused' ELSE 'unknown' END WHERE state = 'withdrawn' AND end_state = 'withdrawn' AND given_at = 0;
