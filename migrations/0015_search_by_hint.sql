-- For a search by the last characters of a secret, which are all that people see of it.
CREATE INDEX api_key_secrets_by_ending ON api_key_secrets (substr(hint, -4) COLLATE NOCASE, key_id, hint);
