-- The platform team's own sessions in the console. A row begins as a link, which is used once (link_hash); then it has a session
-- (hash: that of the cookie's token). Both are SHA-256, base64url. A row goes with its end.
CREATE TABLE root_sessions (
  id TEXT PRIMARY KEY,
  link_hash TEXT NOT NULL UNIQUE,
  link_expires_at INTEGER NOT NULL,
  hash TEXT UNIQUE,
  expires_at INTEGER,
  CHECK ((hash IS NULL) = (expires_at IS NULL))
) STRICT;
