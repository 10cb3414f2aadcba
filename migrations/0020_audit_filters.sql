-- For the audit trail of one actor, and of one kind of action: without them, all events of the organization would be looked at.
CREATE INDEX audit_events_by_actor ON audit_events (organization_id, actor, at, id);
CREATE INDEX audit_events_by_action ON audit_events (organization_id, action, at, id);
