-- hash: SHA-256 of the link's token, base64url. role: the member's when the link was made; a link to another role is void.
-- session_id: what it was spent on.
CREATE TABLE sign_in_links (
  hash TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL,
  member_id TEXT NOT NULL,
  role TEXT NOT NULL,
  next TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL CHECK (expires_at > created_at),
  session_id TEXT,
  FOREIGN KEY (organization_id, member_id) REFERENCES members (organization_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX sign_in_links_by_end ON sign_in_links (expires_at);

-- hash: SHA-256 of the cookie's token, base64url. last_seen_at: exact to five minutes.
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  organization_id TEXT NOT NULL,
  member_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL CHECK (expires_at > created_at),
  revoked_at INTEGER,
  version TEXT NOT NULL,
  FOREIGN KEY (organization_id, member_id) REFERENCES members (organization_id, id)
) STRICT;

CREATE INDEX sessions_by_member ON sessions (member_id, created_at, id);
CREATE INDEX sessions_by_end ON sessions (expires_at);
