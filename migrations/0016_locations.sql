-- Where the authorities of an organization's new keys are created.
ALTER TABLE organizations ADD COLUMN location TEXT;

-- objects: an environment, or '*' for the objects of no environment. jurisdiction: where these were created first; NULL for none.
-- Objects of the same names in another jurisdiction are others, with empty ledgers and no tombstones.
CREATE TABLE jurisdictions (
  objects TEXT PRIMARY KEY,
  jurisdiction TEXT
) STRICT, WITHOUT ROWID;

-- What exists already was created in none.
INSERT INTO jurisdictions (objects) SELECT '*' WHERE EXISTS (SELECT 1 FROM organizations);
INSERT INTO jurisdictions (objects) SELECT DISTINCT environment FROM api_keys;
