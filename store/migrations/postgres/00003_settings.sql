-- +goose Up
-- Two more kinds of question: was it you who asked on the settings' page, and the
-- link that the answer brings.
ALTER TABLE questions DROP CONSTRAINT questions_kind_check;
ALTER TABLE questions ADD CONSTRAINT questions_kind_check CHECK (kind IN ('buttons', 'template', 'receipt', 'stop', 'settings', 'grant'));
