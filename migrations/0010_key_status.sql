-- For lists of keys by status: the keys whose own plan is not configured.
CREATE INDEX api_keys_with_plan ON api_keys (organization_id, plan, id) WHERE plan IS NOT NULL;
