-- via: by what the actor acted: the root token, a session, or a key. idempotency_key: the caller's; its event is the proof that the change was made.
ALTER TABLE audit_events ADD COLUMN via TEXT NOT NULL DEFAULT 'root';
ALTER TABLE audit_events ADD COLUMN idempotency_key TEXT;
ALTER TABLE audit_events ADD COLUMN fingerprint TEXT;
CREATE UNIQUE INDEX audit_events_by_idempotency ON audit_events (actor, idempotency_key) WHERE idempotency_key IS NOT NULL;

ALTER TABLE workspaces ADD COLUMN version TEXT NOT NULL DEFAULT '';
