-- Requests of each UTC day (its beginning), as totals of one collector: to write them again changes nothing. Those of the running day
-- grow. Usage of before this migration is in usage_hours.
CREATE TABLE usage_days (
  organization_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  environment TEXT NOT NULL,
  day INTEGER NOT NULL,
  collector INTEGER NOT NULL,
  route TEXT NOT NULL,
  outcome TEXT NOT NULL,
  requests INTEGER NOT NULL CHECK (requests > 0),
  PRIMARY KEY (key_id, day, collector, route, outcome)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_days_by_organization ON usage_days (organization_id, day);

-- The collectors that have ever written: each is asked, also if the configuration has fewer by now.
CREATE TABLE usage_collectors (
  number INTEGER PRIMARY KEY
) STRICT;
