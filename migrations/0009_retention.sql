-- For removing what is old, a few rows at a time; and for the age of the oldest event.
CREATE INDEX audit_events_by_age ON audit_events (at);
-- By the end of a key: its revocation or its expiry, whichever came first.
CREATE INDEX api_keys_by_end ON api_keys (coalesce(min(revoked_at, expires_at), expires_at), id);
-- For the foreign key of a member who is removed, too: it does not use an index that leaves keys out.
CREATE INDEX api_keys_of_member ON api_keys (member_id, organization_id);
DROP INDEX api_keys_by_member;
CREATE INDEX members_by_removal ON members (removed_at) WHERE removed_at IS NOT NULL;
CREATE INDEX sign_in_links_by_member ON sign_in_links (member_id);
CREATE INDEX root_sessions_by_end ON root_sessions (coalesce(expires_at, link_expires_at));
