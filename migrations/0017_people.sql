-- When a member last signed in: sessions are deleted a day after their end.
ALTER TABLE members ADD COLUMN last_signed_in_at INTEGER;

UPDATE members SET last_signed_in_at = found.at
FROM (SELECT actor, max(at) AS at FROM audit_events WHERE action = 'session.created' GROUP BY actor) AS found
WHERE members.id = found.actor;

-- From where a session began, in words: "Firefox on Windows", "Berlin, Germany".
ALTER TABLE sessions ADD COLUMN device TEXT;
ALTER TABLE sessions ADD COLUMN place TEXT;

-- 1: an invitation, which lives for days, and ends when the member signs in.
ALTER TABLE sign_in_links ADD COLUMN invites INTEGER NOT NULL DEFAULT 0 CHECK (invites IN (0, 1));

-- Triggers, so that code from before this migration keeps both right too.
CREATE TRIGGER sessions_noted AFTER INSERT ON sessions BEGIN
  UPDATE members SET last_signed_in_at = NEW.created_at WHERE id = NEW.member_id;
  UPDATE sign_in_links SET expires_at = max(created_at + 1, min(expires_at, NEW.created_at))
  WHERE member_id = NEW.member_id AND invites = 1 AND session_id IS NULL;
END;

-- As whom the platform team looks at the console.
ALTER TABLE root_sessions ADD COLUMN viewed_member_id TEXT;

-- Keys that members ask for who cannot create them. decided_by: `root`, or the id of a member. key_id: the key that was created for it;
-- without one, the request was declined.
CREATE TABLE key_requests (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL,
  member_id TEXT NOT NULL,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  purpose TEXT NOT NULL CHECK (length(purpose) BETWEEN 1 AND 2000),
  environment TEXT NOT NULL,
  scopes TEXT NOT NULL CHECK (json_type(scopes) = 'array'),
  created_at INTEGER NOT NULL,
  decided_at INTEGER,
  decided_by TEXT,
  reason TEXT CHECK (length(reason) <= 2000),
  key_id TEXT,
  version TEXT NOT NULL,
  CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
  CHECK (key_id IS NULL OR decided_at IS NOT NULL),
  FOREIGN KEY (organization_id, member_id) REFERENCES members (organization_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX key_requests_by_age ON key_requests (organization_id, created_at, id);
CREATE INDEX key_requests_of_member ON key_requests (organization_id, member_id, created_at, id);
-- For removing what is old.
CREATE INDEX key_requests_to_remove ON key_requests (created_at);
