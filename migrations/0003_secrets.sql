-- For the peppers: which secrets are under one of them, and of which key.
CREATE INDEX api_key_secrets_by_pepper ON api_key_secrets (pepper_id, key_id, created_at, hint);
