-- +goose Up
-- On the pages of which sites the forms of a funnel may stand: origins (RFC
-- 6454) with a space between. They are no part of a version, for they change
-- nothing of what people are shown.
ALTER TABLE funnels ADD COLUMN origins TEXT COLLATE "C" NOT NULL DEFAULT '';
