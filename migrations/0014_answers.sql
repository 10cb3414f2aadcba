-- What origins answered to these requests, by the class of the status; answers_none: the origin was asked, and gave no answer. Bytes are
-- those of bodies whose length was announced. 0 in what was counted before this migration.
ALTER TABLE usage_days ADD COLUMN answers_1xx INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_days ADD COLUMN answers_2xx INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_days ADD COLUMN answers_3xx INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_days ADD COLUMN answers_4xx INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_days ADD COLUMN answers_5xx INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_days ADD COLUMN answers_none INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_days ADD COLUMN request_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_days ADD COLUMN response_bytes INTEGER NOT NULL DEFAULT 0;
