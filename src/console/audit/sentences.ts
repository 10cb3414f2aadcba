/** Audit events in words: who did what to which thing. */

/** Who comes before it, and the thing after it, unless there is a rest. */
export interface Words {
  /** In a list of what can be filtered by. */
  readonly name: string;
  readonly deed: string;
  /** After the thing. */
  readonly rest?: string;
  /** There is nothing more to say of the thing than who did it. */
  readonly isOwn?: true;
}

const AGAIN = "again, after the database was restored to an earlier time";

const WORDS: Readonly<Record<string, Words>> = {
  "api_key.created": { name: "Key created", deed: "created the key" },
  "api_key.imported": { name: "Key imported", deed: "imported the key" },
  "api_key.changed": { name: "Key changed", deed: "changed the key" },
  "api_key.rotated": { name: "Key rotated", deed: "gave the key", rest: "a new secret" },
  "api_key.secret_ended": { name: "Secret ended", deed: "ended an old secret of the key" },
  "api_key.disabled": { name: "Key disabled", deed: "disabled the key" },
  "api_key.enabled": { name: "Key enabled", deed: "enabled the key" },
  "api_key.revoked": { name: "Key revoked", deed: "revoked the key" },
  "api_key.revoked_again": { name: "Key revoked again", deed: "revoked the key", rest: AGAIN },
  "api_key.limits_reset": { name: "Limits reset", deed: "reset the limits of the key" },
  "key_request.created": { name: "Key requested", deed: "requested the key" },
  "key_request.granted": { name: "Key request granted", deed: "granted the request for the key" },
  "key_request.declined": { name: "Key request declined", deed: "declined the request for the key" },
  "member.created": { name: "Member added", deed: "added the member" },
  "member.changed": { name: "Member changed", deed: "changed the member" },
  "member.removed": { name: "Member removed", deed: "removed the member" },
  "member.removed_again": { name: "Member removed again", deed: "removed the member", rest: AGAIN },
  "member.viewed": { name: "Console viewed", deed: "looked at the console as" },
  "sign_in_link.created": { name: "Sign-in link created", deed: "created a sign-in link for" },
  "invitation.created": { name: "Member invited", deed: "invited" },
  "invitation.revoked": { name: "Invitation revoked", deed: "revoked the invitation of" },
  "session.created": { name: "Signed in", deed: "signed in", isOwn: true },
  "session.revoked": { name: "Session ended", deed: "ended a session of" },
  "workspace.created": { name: "Workspace created", deed: "created the workspace" },
  "workspace.changed": { name: "Workspace changed", deed: "changed the workspace" },
  "workspace.deleted": { name: "Workspace deleted", deed: "deleted the workspace" },
  "organization.created": { name: "Organization created", deed: "created the organization" },
  "organization.suspended_again": {
    name: "Organization suspended again",
    deed: "suspended the organization",
    rest: AGAIN,
  },
  "organization.changed": { name: "Organization changed", deed: "changed the organization" },
};

export const ACTIONS = Object.keys(WORDS);

/** An action that has no words yet is named as it is. */
export function wordsOf(action: string): Words {
  return (Object.hasOwn(WORDS, action) && WORDS[action]) || { name: action, deed: `${action}:` };
}
