-- The whole D1 schema as it is now; migrations/ tells how it got there. Times are milliseconds since the epoch.

CREATE TABLE organizations (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  plan TEXT,
  environments TEXT NOT NULL CHECK (json_type(environments) = 'array'),
  key_quota INTEGER CHECK (key_quota >= 0),
  status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
  trial_started_at INTEGER,
  created_at INTEGER NOT NULL,
  version TEXT NOT NULL DEFAULT '',
  location TEXT
) STRICT;

CREATE INDEX organizations_by_age ON organizations (created_at, id);
-- For the object that puts back after a restore what had been suspended before it.
CREATE INDEX organizations_suspended ON organizations (id) WHERE status = 'suspended';

CREATE TABLE workspaces (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  created_at INTEGER NOT NULL,
  version TEXT NOT NULL DEFAULT '',
  UNIQUE (organization_id, id)
) STRICT;

CREATE INDEX workspaces_by_age ON workspaces (organization_id, created_at, id);

CREATE TABLE members (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  email TEXT NOT NULL CHECK (email LIKE '_%@_%'),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  role TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  removed_at INTEGER,
  version TEXT NOT NULL DEFAULT '',
  last_signed_in_at INTEGER,
  UNIQUE (organization_id, id)
) STRICT;

CREATE INDEX members_by_age ON members (organization_id, created_at, id);
CREATE UNIQUE INDEX members_by_email ON members (organization_id, lower(email)) WHERE removed_at IS NULL;
CREATE INDEX members_by_removal ON members (removed_at) WHERE removed_at IS NOT NULL;

-- Both halves of a pair belong to one organization: the composite keys see to it.
CREATE TABLE member_workspaces (
  organization_id TEXT NOT NULL,
  member_id TEXT NOT NULL,
  workspace_id TEXT NOT NULL,
  PRIMARY KEY (member_id, workspace_id),
  FOREIGN KEY (organization_id, member_id) REFERENCES members (organization_id, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, workspace_id) REFERENCES workspaces (organization_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX member_workspaces_by_workspace ON member_workspaces (workspace_id, member_id);

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  member_id TEXT,
  environment TEXT NOT NULL,
  reach TEXT NOT NULL CHECK (reach IN ('organization', 'workspace')),
  permission TEXT NOT NULL CHECK (permission IN ('full-access', 'read-only')),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  description TEXT CHECK (length(description) <= 2000),
  plan TEXT,
  limits TEXT CHECK (json_type(limits) = 'object'),
  allowed_addresses TEXT NOT NULL DEFAULT '[]' CHECK (json_type(allowed_addresses) = 'array'),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL CHECK (expires_at > created_at),
  last_used_at INTEGER,
  disabled_at INTEGER,
  revoked_at INTEGER,
  revoked_by TEXT,
  revoked_reason TEXT CHECK (length(revoked_reason) <= 2000),
  version TEXT NOT NULL,
  scope_list TEXT NOT NULL DEFAULT '[]' CHECK (json_type(scope_list) = 'array'),
  workspace_list TEXT NOT NULL DEFAULT '[]' CHECK (json_type(workspace_list) = 'array'),
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, member_id) REFERENCES members (organization_id, id),
  CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
) STRICT;

-- What lists of keys are read from: one entry a key with all that they filter and sort by. Each page walks the entries of
-- one organization, and no table. The longest texts come last: they may lie on pages of their own.
CREATE INDEX api_keys_listed ON api_keys (
  organization_id, created_at, id, environment, reach, permission, member_id, expires_at, disabled_at, revoked_at,
  last_used_at, name, workspace_list, scope_list, description
);
-- The same in the other orders, without the texts that are searched.
CREATE INDEX api_keys_by_expiry ON api_keys (
  organization_id, expires_at, id, environment, reach, permission, member_id, disabled_at, revoked_at, workspace_list, scope_list
);
CREATE INDEX api_keys_by_use ON api_keys (
  organization_id, coalesce(last_used_at, 0), id, environment, reach, permission, member_id, expires_at, disabled_at, revoked_at,
  workspace_list, scope_list
);
CREATE INDEX api_keys_by_name ON api_keys (
  organization_id, name COLLATE NOCASE, id, environment, reach, permission, member_id, expires_at, disabled_at, revoked_at,
  workspace_list, scope_list
);
CREATE INDEX api_keys_active ON api_keys (organization_id, expires_at) WHERE revoked_at IS NULL;
-- By the end of a key: its revocation or its expiry, whichever came first.
CREATE INDEX api_keys_by_end ON api_keys (coalesce(min(revoked_at, expires_at), expires_at), id);
-- For lists of keys by status: the keys whose own plan is not configured.
CREATE INDEX api_keys_with_plan ON api_keys (organization_id, plan, id) WHERE plan IS NOT NULL;
CREATE INDEX api_keys_of_member ON api_keys (member_id, organization_id);

CREATE TABLE api_key_scopes (
  key_id TEXT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
  scope TEXT NOT NULL,
  PRIMARY KEY (key_id, scope)
) STRICT, WITHOUT ROWID;

-- api_keys.scope_list and workspace_list repeat, for lists of keys, what these two tables say.
CREATE TRIGGER api_key_scopes_listed AFTER INSERT ON api_key_scopes BEGIN
  UPDATE api_keys SET scope_list = json_insert(scope_list, '$[#]', NEW.scope) WHERE id = NEW.key_id;
END;

CREATE TRIGGER api_key_scopes_unlisted AFTER DELETE ON api_key_scopes BEGIN
  UPDATE api_keys SET scope_list = (SELECT json_group_array(scope) FROM api_key_scopes WHERE key_id = OLD.key_id) WHERE id = OLD.key_id;
END;

CREATE TABLE api_key_workspaces (
  organization_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  workspace_id TEXT NOT NULL,
  PRIMARY KEY (key_id, workspace_id),
  FOREIGN KEY (organization_id, key_id) REFERENCES api_keys (organization_id, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, workspace_id) REFERENCES workspaces (organization_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX api_key_workspaces_by_workspace ON api_key_workspaces (workspace_id, key_id);

CREATE TRIGGER api_key_workspaces_listed AFTER INSERT ON api_key_workspaces BEGIN
  UPDATE api_keys SET workspace_list = json_insert(workspace_list, '$[#]', NEW.workspace_id) WHERE id = NEW.key_id;
END;

CREATE TRIGGER api_key_workspaces_unlisted AFTER DELETE ON api_key_workspaces BEGIN
  UPDATE api_keys SET workspace_list = (SELECT json_group_array(workspace_id) FROM api_key_workspaces WHERE key_id = OLD.key_id) WHERE id = OLD.key_id;
END;

-- hash: HMAC-SHA-256(pepper, SHA-256(secret)), base64url. hint: what people may see of the secret later.
CREATE TABLE api_key_secrets (
  hash TEXT PRIMARY KEY,
  key_id TEXT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
  pepper_id TEXT NOT NULL,
  hint TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX api_key_secrets_by_key ON api_key_secrets (key_id, created_at);
-- For the peppers: which secrets are under one of them, and of which key.
CREATE INDEX api_key_secrets_by_pepper ON api_key_secrets (pepper_id, key_id, created_at, hint);
-- For a search by the last characters of a secret, which are all that people see of it.
CREATE INDEX api_key_secrets_by_ending ON api_key_secrets (substr(hint, -4) COLLATE NOCASE, key_id, hint);

-- Written in the same batch as the change that it tells of. via: by what the actor acted: the root token, a session, or a key.
-- idempotency_key: a digest of the caller's; the event is the proof that the change was made.
CREATE TABLE audit_events (
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  details TEXT NOT NULL CHECK (json_type(details) = 'object'),
  request_id TEXT NOT NULL,
  via TEXT NOT NULL DEFAULT 'root',
  idempotency_key TEXT,
  fingerprint TEXT
) STRICT;

CREATE UNIQUE INDEX audit_events_by_idempotency ON audit_events (actor, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX audit_events_by_time ON audit_events (organization_id, at, id);
CREATE INDEX audit_events_by_target ON audit_events (target, at);
-- For the audit trail of one actor, and of one kind of action: without them, all events of the organization would be looked at.
CREATE INDEX audit_events_by_actor ON audit_events (organization_id, actor, at, id);
CREATE INDEX audit_events_by_action ON audit_events (organization_id, action, at, id);
-- For removing what is old, and for the age of the oldest event.
CREATE INDEX audit_events_by_age ON audit_events (at);

-- Authorities that have yet to hear of a change. Written in the change's own batch; each row goes once its authority knows.
CREATE TABLE outbox (
  change_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  environment TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (change_id, key_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_by_age ON outbox (created_at);
CREATE INDEX outbox_by_key ON outbox (key_id);

-- hash: HMAC-SHA-256(pepper, SHA-256("token " + the link's token)), base64url. role: the member's when the link was made; a link to another role is void.
-- session_id: what it was spent on. invites: 1 for an invitation, which lives for days, and ends when the member signs in.
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
  invites INTEGER NOT NULL DEFAULT 0 CHECK (invites IN (0, 1)),
  FOREIGN KEY (organization_id, member_id) REFERENCES members (organization_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX sign_in_links_by_end ON sign_in_links (expires_at);
CREATE INDEX sign_in_links_by_member ON sign_in_links (member_id);

-- hash: of the cookie's token, as that of links. last_seen_at: exact to five minutes. device and place: from where it began, in words.
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
  device TEXT,
  place TEXT,
  FOREIGN KEY (organization_id, member_id) REFERENCES members (organization_id, id)
) STRICT;

CREATE INDEX sessions_by_member ON sessions (member_id, created_at, id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TRIGGER sessions_noted AFTER INSERT ON sessions BEGIN
  UPDATE members SET last_signed_in_at = NEW.created_at WHERE id = NEW.member_id;
  UPDATE sign_in_links SET expires_at = max(created_at + 1, min(expires_at, NEW.created_at))
  WHERE member_id = NEW.member_id AND invites = 1 AND session_id IS NULL;
END;

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

-- Requests of each UTC day (its beginning), as totals of one collector: to write them again changes nothing. Those of the running day
-- grow. Usage of before this migration is in usage_hours. answers_…: what origins answered, by the class of the status, or that one was
-- asked and gave no answer. Bytes are those of bodies whose length was announced. 0 in what was counted before there were these columns.
CREATE TABLE usage_days (
  organization_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  environment TEXT NOT NULL,
  day INTEGER NOT NULL,
  collector INTEGER NOT NULL,
  route TEXT NOT NULL,
  outcome TEXT NOT NULL,
  requests INTEGER NOT NULL CHECK (requests > 0),
  answers_1xx INTEGER NOT NULL DEFAULT 0,
  answers_2xx INTEGER NOT NULL DEFAULT 0,
  answers_3xx INTEGER NOT NULL DEFAULT 0,
  answers_4xx INTEGER NOT NULL DEFAULT 0,
  answers_5xx INTEGER NOT NULL DEFAULT 0,
  answers_none INTEGER NOT NULL DEFAULT 0,
  request_bytes INTEGER NOT NULL DEFAULT 0,
  response_bytes INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (key_id, day, collector, route, outcome)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_days_by_organization ON usage_days (organization_id, day);

-- The rows of usage_days without the keys, so that the use of an organization with very many keys is read from few rows. Triggers keep
-- them equal, whichever version of the gateway writes. Rows of old days are deleted from each table by itself.
CREATE TABLE usage_sums (
  organization_id TEXT NOT NULL,
  day INTEGER NOT NULL,
  collector INTEGER NOT NULL,
  environment TEXT NOT NULL,
  route TEXT NOT NULL,
  outcome TEXT NOT NULL,
  requests INTEGER NOT NULL,
  answers_1xx INTEGER NOT NULL,
  answers_2xx INTEGER NOT NULL,
  answers_3xx INTEGER NOT NULL,
  answers_4xx INTEGER NOT NULL,
  answers_5xx INTEGER NOT NULL,
  answers_none INTEGER NOT NULL,
  request_bytes INTEGER NOT NULL,
  response_bytes INTEGER NOT NULL,
  PRIMARY KEY (organization_id, day, collector, environment, route, outcome)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER usage_days_summed AFTER INSERT ON usage_days BEGIN
  INSERT INTO usage_sums VALUES (
    NEW.organization_id, NEW.day, NEW.collector, NEW.environment, NEW.route, NEW.outcome, NEW.requests, NEW.answers_1xx, NEW.answers_2xx,
    NEW.answers_3xx, NEW.answers_4xx, NEW.answers_5xx, NEW.answers_none, NEW.request_bytes, NEW.response_bytes
  )
  ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, answers_1xx = answers_1xx + excluded.answers_1xx,
    answers_2xx = answers_2xx + excluded.answers_2xx, answers_3xx = answers_3xx + excluded.answers_3xx,
    answers_4xx = answers_4xx + excluded.answers_4xx, answers_5xx = answers_5xx + excluded.answers_5xx,
    answers_none = answers_none + excluded.answers_none, request_bytes = request_bytes + excluded.request_bytes,
    response_bytes = response_bytes + excluded.response_bytes;
END;

CREATE TRIGGER usage_days_summed_again AFTER UPDATE OF
  requests, answers_1xx, answers_2xx, answers_3xx, answers_4xx, answers_5xx, answers_none, request_bytes, response_bytes ON usage_days
BEGIN
  UPDATE usage_sums SET requests = requests + NEW.requests - OLD.requests, answers_1xx = answers_1xx + NEW.answers_1xx - OLD.answers_1xx,
    answers_2xx = answers_2xx + NEW.answers_2xx - OLD.answers_2xx, answers_3xx = answers_3xx + NEW.answers_3xx - OLD.answers_3xx,
    answers_4xx = answers_4xx + NEW.answers_4xx - OLD.answers_4xx, answers_5xx = answers_5xx + NEW.answers_5xx - OLD.answers_5xx,
    answers_none = answers_none + NEW.answers_none - OLD.answers_none, request_bytes = request_bytes + NEW.request_bytes - OLD.request_bytes,
    response_bytes = response_bytes + NEW.response_bytes - OLD.response_bytes
  WHERE (organization_id, day, collector, environment, route, outcome)
    = (OLD.organization_id, OLD.day, OLD.collector, OLD.environment, OLD.route, OLD.outcome);
END;

-- The collectors that have ever written: each is asked, also if the configuration has fewer by now.
CREATE TABLE usage_collectors (
  number INTEGER PRIMARY KEY
) STRICT;

-- last_used_at: the beginning of the UTC day.
CREATE TABLE api_key_scope_uses (
  key_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  last_used_at INTEGER NOT NULL,
  PRIMARY KEY (key_id, scope)
) STRICT, WITHOUT ROWID;

-- The platform team's own sessions in the console. A row begins as a link, which is used once (link_hash); then it has a session
-- (hash: that of the cookie's token). Both are as those of sign_in_links. A row goes a day after its end. viewed_member_id: as whom
-- the platform team looks at the console.
CREATE TABLE root_sessions (
  id TEXT PRIMARY KEY,
  link_hash TEXT NOT NULL UNIQUE,
  link_expires_at INTEGER NOT NULL,
  hash TEXT UNIQUE,
  expires_at INTEGER,
  viewed_member_id TEXT,
  CHECK ((hash IS NULL) = (expires_at IS NULL))
) STRICT;

CREATE INDEX root_sessions_by_end ON root_sessions (coalesce(expires_at, link_expires_at));

-- Numbers each change to what authorities read of keys (src/store/key-records.ts), so that edits by hand and restores are noticed
-- without reading every key again. The newest row is never deleted: so numbers grow. mark: random, so that a row can be told from
-- another one that got the same number after a restore. kind: whose keys must be read again; for `secret` and `restored`, nobody's.
CREATE TABLE record_changes (
  number INTEGER PRIMARY KEY,
  mark TEXT NOT NULL DEFAULT (lower(hex(randomblob(8)))),
  kind TEXT NOT NULL CHECK (kind IN ('api_key', 'member', 'organization', 'secret', 'restored')),
  environment TEXT,
  subject TEXT NOT NULL
) STRICT;

INSERT INTO record_changes (kind, subject) VALUES ('restored', '');

CREATE TRIGGER api_keys_change_numbered AFTER UPDATE OF
  id, version, environment, reach, permission, limits, allowed_addresses, created_at, expires_at, disabled_at, revoked_at,
  organization_id, member_id, plan ON api_keys
WHEN (OLD.id, OLD.version, OLD.environment, OLD.reach, OLD.permission, OLD.limits, OLD.allowed_addresses, OLD.created_at,
    OLD.expires_at, OLD.disabled_at, OLD.revoked_at, OLD.organization_id, OLD.member_id, OLD.plan)
  IS NOT (NEW.id, NEW.version, NEW.environment, NEW.reach, NEW.permission, NEW.limits, NEW.allowed_addresses, NEW.created_at,
    NEW.expires_at, NEW.disabled_at, NEW.revoked_at, NEW.organization_id, NEW.member_id, NEW.plan)
BEGIN
  INSERT INTO record_changes (kind, environment, subject)
  SELECT 'api_key', OLD.environment, OLD.id UNION SELECT 'api_key', NEW.environment, NEW.id;
END;

CREATE TRIGGER api_keys_removal_numbered AFTER DELETE ON api_keys BEGIN
  INSERT INTO record_changes (kind, environment, subject) VALUES ('api_key', OLD.environment, OLD.id);
END;

-- INSERT OR REPLACE fires no trigger of a deletion.
CREATE TRIGGER api_keys_replacement_numbered BEFORE INSERT ON api_keys BEGIN
  INSERT INTO record_changes (kind, environment, subject)
  SELECT 'api_key', environment, id FROM api_keys WHERE id = NEW.id
  UNION SELECT 'api_key', NEW.environment, id FROM api_keys WHERE id = NEW.id;
END;

-- No secret, no use: the rows of a new key, whose secret comes last, cost nothing here.
CREATE TRIGGER api_key_scopes_addition_numbered AFTER INSERT ON api_key_scopes BEGIN
  INSERT INTO record_changes (kind, environment, subject)
  SELECT 'api_key', environment, id FROM api_keys
  WHERE id = NEW.key_id AND EXISTS (SELECT 1 FROM api_key_secrets WHERE key_id = NEW.key_id);
END;

CREATE TRIGGER api_key_scopes_change_numbered AFTER UPDATE OF key_id, scope ON api_key_scopes BEGIN
  INSERT INTO record_changes (kind, environment, subject)
  SELECT 'api_key', environment, id FROM api_keys WHERE id IN (OLD.key_id, NEW.key_id);
END;

-- Nothing if the key itself is deleted, which has its own trigger.
CREATE TRIGGER api_key_scopes_removal_numbered AFTER DELETE ON api_key_scopes BEGIN
  INSERT INTO record_changes (kind, environment, subject)
  SELECT 'api_key', environment, id FROM api_keys WHERE id = OLD.key_id;
END;

CREATE TRIGGER api_key_workspaces_addition_numbered AFTER INSERT ON api_key_workspaces BEGIN
  INSERT INTO record_changes (kind, environment, subject)
  SELECT 'api_key', environment, id FROM api_keys
  WHERE id = NEW.key_id AND EXISTS (SELECT 1 FROM api_key_secrets WHERE key_id = NEW.key_id);
END;

CREATE TRIGGER api_key_workspaces_change_numbered AFTER UPDATE OF key_id, workspace_id ON api_key_workspaces BEGIN
  INSERT INTO record_changes (kind, environment, subject)
  SELECT 'api_key', environment, id FROM api_keys WHERE id IN (OLD.key_id, NEW.key_id);
END;

CREATE TRIGGER api_key_workspaces_removal_numbered AFTER DELETE ON api_key_workspaces BEGIN
  INSERT INTO record_changes (kind, environment, subject)
  SELECT 'api_key', environment, id FROM api_keys WHERE id = OLD.key_id;
END;

-- An authority that does not know a secret reads its record again by itself. The row shows that a restore has lost the secret.
CREATE TRIGGER api_key_secrets_addition_numbered AFTER INSERT ON api_key_secrets BEGIN
  INSERT INTO record_changes (kind, subject) VALUES ('secret', NEW.key_id);
END;

CREATE TRIGGER api_key_secrets_replacement_numbered BEFORE INSERT ON api_key_secrets BEGIN
  INSERT INTO record_changes (kind, environment, subject)
  SELECT 'api_key', environment, id FROM api_keys
  WHERE id = (SELECT key_id FROM api_key_secrets WHERE hash = NEW.hash);
END;

CREATE TRIGGER api_key_secrets_change_numbered AFTER UPDATE OF hash, key_id, expires_at ON api_key_secrets
WHEN (OLD.hash, OLD.key_id, OLD.expires_at) IS NOT (NEW.hash, NEW.key_id, NEW.expires_at)
BEGIN
  INSERT INTO record_changes (kind, environment, subject)
  SELECT 'api_key', environment, id FROM api_keys WHERE id IN (OLD.key_id, NEW.key_id);
END;

CREATE TRIGGER api_key_secrets_removal_numbered AFTER DELETE ON api_key_secrets BEGIN
  INSERT INTO record_changes (kind, environment, subject)
  SELECT 'api_key', environment, id FROM api_keys WHERE id = OLD.key_id;
END;

CREATE TRIGGER members_change_numbered AFTER UPDATE OF id, role, removed_at ON members
WHEN (OLD.id, OLD.role, OLD.removed_at) IS NOT (NEW.id, NEW.role, NEW.removed_at)
BEGIN
  INSERT INTO record_changes (kind, subject) SELECT 'member', OLD.id UNION SELECT 'member', NEW.id;
END;

CREATE TRIGGER members_removal_numbered AFTER DELETE ON members BEGIN
  INSERT INTO record_changes (kind, subject) VALUES ('member', OLD.id);
END;

CREATE TRIGGER members_replacement_numbered BEFORE INSERT ON members BEGIN
  INSERT INTO record_changes (kind, subject) SELECT 'member', id FROM members WHERE id = NEW.id;
END;

-- Only of members who have keys, so that a new member with many workspaces costs nothing here.
CREATE TRIGGER member_workspaces_addition_numbered AFTER INSERT ON member_workspaces BEGIN
  INSERT INTO record_changes (kind, subject)
  SELECT 'member', NEW.member_id WHERE EXISTS (SELECT 1 FROM api_keys WHERE member_id = NEW.member_id);
END;

CREATE TRIGGER member_workspaces_change_numbered AFTER UPDATE OF member_id, workspace_id ON member_workspaces BEGIN
  INSERT INTO record_changes (kind, subject) SELECT 'member', OLD.member_id UNION SELECT 'member', NEW.member_id;
END;

CREATE TRIGGER member_workspaces_removal_numbered AFTER DELETE ON member_workspaces BEGIN
  INSERT INTO record_changes (kind, subject)
  SELECT 'member', OLD.member_id WHERE EXISTS (SELECT 1 FROM api_keys WHERE member_id = OLD.member_id);
END;

CREATE TRIGGER organizations_change_numbered AFTER UPDATE OF id, status, plan ON organizations
WHEN (OLD.id, OLD.status, OLD.plan) IS NOT (NEW.id, NEW.status, NEW.plan)
BEGIN
  INSERT INTO record_changes (kind, subject) SELECT 'organization', OLD.id UNION SELECT 'organization', NEW.id;
END;

CREATE TRIGGER organizations_removal_numbered AFTER DELETE ON organizations BEGIN
  INSERT INTO record_changes (kind, subject) VALUES ('organization', OLD.id);
END;

CREATE TRIGGER organizations_replacement_numbered BEFORE INSERT ON organizations BEGIN
  INSERT INTO record_changes (kind, subject) SELECT 'organization', id FROM organizations WHERE id = NEW.id;
END;

-- objects: an environment, or '*' for the objects of no environment. jurisdiction: where these were created first; NULL for none.
-- Objects of the same names in another jurisdiction are others, with empty ledgers and no tombstones.
CREATE TABLE jurisdictions (
  objects TEXT PRIMARY KEY,
  jurisdiction TEXT
) STRICT, WITHOUT ROWID;
