-- What lists of keys are read from: one entry a key with all that they filter and sort by. Each page walks the entries of
-- one organization, and no table.
ALTER TABLE api_keys ADD COLUMN scope_list TEXT NOT NULL DEFAULT '[]' CHECK (json_type(scope_list) = 'array');
ALTER TABLE api_keys ADD COLUMN workspace_list TEXT NOT NULL DEFAULT '[]' CHECK (json_type(workspace_list) = 'array');

UPDATE api_keys SET
  scope_list = (SELECT json_group_array(scope) FROM api_key_scopes WHERE key_id = id),
  workspace_list = (SELECT json_group_array(workspace_id) FROM api_key_workspaces WHERE key_id = id);

CREATE TRIGGER api_key_scopes_listed AFTER INSERT ON api_key_scopes BEGIN
  UPDATE api_keys SET scope_list = json_insert(scope_list, '$[#]', NEW.scope) WHERE id = NEW.key_id;
END;

CREATE TRIGGER api_key_scopes_unlisted AFTER DELETE ON api_key_scopes BEGIN
  UPDATE api_keys SET scope_list = (SELECT json_group_array(scope) FROM api_key_scopes WHERE key_id = OLD.key_id) WHERE id = OLD.key_id;
END;

CREATE TRIGGER api_key_workspaces_listed AFTER INSERT ON api_key_workspaces BEGIN
  UPDATE api_keys SET workspace_list = json_insert(workspace_list, '$[#]', NEW.workspace_id) WHERE id = NEW.key_id;
END;

CREATE TRIGGER api_key_workspaces_unlisted AFTER DELETE ON api_key_workspaces BEGIN
  UPDATE api_keys SET workspace_list = (SELECT json_group_array(workspace_id) FROM api_key_workspaces WHERE key_id = OLD.key_id) WHERE id = OLD.key_id;
END;

DROP INDEX api_keys_by_age;
DROP INDEX api_keys_by_environment;
-- The longest texts come last: they may lie on pages of their own.
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
