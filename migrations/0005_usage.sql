-- Requests of each UTC hour (its beginning), as counted by the keys' authorities. route: as configured, empty where there is none.
-- outcome: `forwarded`, or the code of the refusal. The counts of the running hour grow.
CREATE TABLE usage_hours (
  organization_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  environment TEXT NOT NULL,
  hour INTEGER NOT NULL,
  route TEXT NOT NULL,
  outcome TEXT NOT NULL,
  requests INTEGER NOT NULL CHECK (requests > 0),
  PRIMARY KEY (key_id, hour, route, outcome)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_hours_by_organization ON usage_hours (organization_id, hour);

-- last_used_at: the beginning of the UTC day.
CREATE TABLE api_key_scope_uses (
  key_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  last_used_at INTEGER NOT NULL,
  PRIMARY KEY (key_id, scope)
) STRICT, WITHOUT ROWID;
