CREATE TABLE organizations (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  plan TEXT,
  environments TEXT NOT NULL CHECK (json_type(environments) = 'array'),
  key_quota INTEGER CHECK (key_quota >= 0),
  status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
  trial_started_at INTEGER,
  created_at INTEGER NOT NULL,
  version TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX organizations_by_age ON organizations (created_at, id);

CREATE TABLE workspaces (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  created_at INTEGER NOT NULL,
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
  UNIQUE (organization_id, id)
) STRICT;

CREATE INDEX members_by_age ON members (organization_id, created_at, id);
CREATE UNIQUE INDEX members_by_email ON members (organization_id, lower(email)) WHERE removed_at IS NULL;

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
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, member_id) REFERENCES members (organization_id, id),
  CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
) STRICT;

CREATE INDEX api_keys_by_age ON api_keys (organization_id, created_at, id);
CREATE INDEX api_keys_by_environment ON api_keys (organization_id, environment, created_at, id);
CREATE INDEX api_keys_active ON api_keys (organization_id, expires_at) WHERE revoked_at IS NULL;
CREATE INDEX api_keys_by_member ON api_keys (member_id) WHERE member_id IS NOT NULL;

CREATE TABLE api_key_scopes (
  key_id TEXT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
  scope TEXT NOT NULL,
  PRIMARY KEY (key_id, scope)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key_workspaces (
  organization_id TEXT NOT NULL,
  key_id TEXT NOT NULL,
  workspace_id TEXT NOT NULL,
  PRIMARY KEY (key_id, workspace_id),
  FOREIGN KEY (organization_id, key_id) REFERENCES api_keys (organization_id, id) ON DELETE CASCADE,
  FOREIGN KEY (organization_id, workspace_id) REFERENCES workspaces (organization_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX api_key_workspaces_by_workspace ON api_key_workspaces (workspace_id, key_id);

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

-- Written in the same batch as the change that it tells of.
CREATE TABLE audit_events (
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  details TEXT NOT NULL CHECK (json_type(details) = 'object'),
  request_id TEXT NOT NULL
) STRICT;

CREATE INDEX audit_events_by_time ON audit_events (organization_id, at, id);
CREATE INDEX audit_events_by_target ON audit_events (target, at);

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
