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
