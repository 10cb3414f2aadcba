/** What fields mean, by the schema or the call that has them, for the OpenAPI document. In no bundle, as `documented-calls.ts`. */

const OF_KEY = {
  scopes: "Scopes and bundles, as granted.",
  plan: "Its own plan; `null` for its organization's.",
  hint: "The visible part of the newest secret.",
  secrets: "Those that have not ended, newest first.",
  status: "What a request would get. `blocked`: refused, for a reason outside the key.",
  status_reason: "The code of the refusal; `null` if the key is active.",
  last_used_at: "About ten seconds behind; in lists, up to an hour while the key is in use.",
};

export const FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Organization: {
    key_quota: "`null`: the value in the configuration.",
    trial_started_at: "When its first key was created.",
    location: "Where the authorities of its new keys are created, if the configuration says so.",
  },
  Problem: {
    type: "A page about the code.",
    fix: "What the caller can do.",
    errors: "The wrong fields.",
    lacking_in: "Which of scopes, role, permission and reach lacks the scope.",
    violated_policies: "The limit that was reached.",
    limit: "The key quota.",
    plans: "The plans that have the environment.",
  },
  SignInLink: {
    url: "Never shown again. Anyone who opens it is signed in.",
  },
  Session: {
    current: "Whether this session made the call.",
    last_seen_at: "Up to five minutes behind.",
    device: "The browser in which it began, for example `Firefox on Windows`.",
    place: "Where it began, for example `Berlin, Germany`.",
  },
  Invitation: {
    created_by: "`root`, or the id of a member.",
  },
  Member: {
    last_signed_in_at: "`null`: not yet.",
  },
  requestApiKey: {
    name: "The name of the key.",
    purpose: "What the key is for.",
  },
  listKeyRequests: {
    open: "`true`: only those without an answer.",
  },
  createApiKey: {
    key_request_id: "The request for a key that this key answers.",
  },
  KeyRequest: {
    member_id: "The member who asks for the key.",
    decided_at: "`null` while nobody has answered.",
    reason: "Why it was declined.",
    key_id: "The key that was created for it. A request with an answer and no key was declined.",
  },
  ApiKeyWithSecret: {
    ...OF_KEY,
    secret: "Never shown again; `null` if the call repeats an earlier one.",
  },
  ApiKey: OF_KEY,
  Limit: {
    window: "For a rate: seconds.",
    burst: "For a rate: how many requests at once.",
    per: "For a quota: a calendar period in UTC.",
    remaining: "Without lent tokens.",
    lent: "Lent to isolates now, and possibly used.",
    reset_ms: "Time until the limit is full again; if nothing remains, until one request is possible.",
  },
  AppliedLimit: {
    plan: "The name of the plan, if it comes from one.",
    window: "For a rate: seconds.",
    burst: "For a rate: how many requests at once.",
    per: "For a quota: a calendar period in UTC.",
    binds: "False if another limit is always reached first.",
    bound_by: "That other limit.",
    "bound_by.plan": "The name of the plan, if it comes from one.",
  },
  Advice: {
    "scopes.last_used_at": "The start of the day.",
    unused: "Not used within `days`.",
    too_young: "The key is younger than `days`, so there is no advice.",
  },
  Import: {
    skipped: "Keys whose secrets the gateway already knows.",
  },
  Whoami: {
    via: "`root`, or the id of the session or key.",
    scopes: "Effective scopes; `null` for all.",
    workspaces: "`null` for all.",
    environment: "The environment whose keys the caller manages; `null` for all.",
  },
  Explanation: {
    "decision.status": "The status of the gateway's own answer; `null` if the origin answers.",
    steps: "All checks, so that you see every problem at once.",
    lacking_in: "Which of scopes, role, permission and reach lacks the scope.",
    "key.base_url": "The base URL of the key's environment.",
    "key.scopes": "Effective scopes.",
    "key.workspaces": "`null` for all.",
  },
  Usage: {
    organization_name: "If all organizations were asked for.",
    route: "As configured; empty if there was none.",
    outcome: "`forwarded`, or the code of the refusal.",
    failed: "Refused, or answered with 4xx or 5xx.",
    answers: "The answers of origins. `broken_off`: no answer came.",
    request_bytes: "Only of bodies whose length was announced.",
    response_bytes: "Only of bodies whose length was announced.",
  },
  Traffic: {
    outcomes: "By the code of the refusal, or the status.",
    answers: "The answers of origins. `broken_off`: no answer came.",
    request_bytes: "Only of bodies whose length was announced.",
    response_bytes: "Only of bodies whose length was announced.",
    gateway_ms: "Milliseconds.",
    origin_ms: "Milliseconds.",
  },
  Latency: {
    gateway_ms: "Milliseconds.",
    origin_ms: "Milliseconds.",
  },
  Request: {
    environment: "The environment whose base URL was called.",
    route: "As configured; empty if there was none.",
    path: "`null` unless `requestLog.paths` is set.",
    reason: "The code of the refusal; `null` if the request was not refused.",
    reason_members: "What else is known of the refusal.",
    client_address: "As far as the configuration allows.",
    alike: "How many requests of that hour had this route and this outcome. Only some of them are kept.",
  },
  RequestExplanation: {
    decided: "What was decided. `status` is that of the answer.",
    "decided.status": "The status of the gateway's own answer; `null` if the origin answers.",
    now: "What would be decided now; `null` if that cannot be known.",
    assumed: "What `now` assumes, or why it is `null`.",
    change: "What to change, for those who manage keys.",
  },
  AuditEvent: {
    actor: "`root`, or the id of a member or key.",
    via: "The credential of the actor: `root`, `session`, or the id of a key.",
    action: "For example `api_key.created`.",
    target: "The id of the changed record.",
    details: "At most 2 KB: long texts and lists are cut, with a note of how much is missing.",
  },
  Change: {
    pending_keys: "Keys whose authorities do not know of the change yet.",
  },
  Pepper: {
    secrets_under_it_alone: "Secrets that would stop working without it.",
  },
  RetiredPepper: {
    has_more: "Repeat the call to continue.",
    lost_keys: "Keys that stop working when the pepper is removed.",
  },
  Status: {
    "database.bytes": "The size of the data in D1.",
    "database.limit_bytes": "The most that D1 can hold, from the configuration.",
    "database.full": "`bytes` as a share of `limit_bytes`.",
    retention: "How long old records are kept.",
    last_cleanup: "`null` if there was none yet, or if it cannot be read.",
    "last_cleanup.ended_at": "`null` while it is running.",
    "last_cleanup.removed": "Rows deleted because of their age.",
    record_changes: "`null` if it cannot be read.",
    "record_changes.looked_at": "When D1 was last asked for edits by hand; `null` if it never was.",
    "record_changes.restored_at": "When D1 was last found to have been restored to an earlier time.",
  },
  createSignInLink: {
    next: "The path to open after the sign-in.",
  },
  listSessions: {
    member_id: "Default: the caller.",
  },
  revokeSessions: {
    member_id: "Default: the caller.",
  },
  listApiKeys: {
    scope: "As granted: a scope, or a bundle by its name.",
    q: "A part of the name, the description or the id (6 characters or more), or the last characters of a secret as its hint shows them (4 or more); case is ignored for A to Z.",
  },
  rotateApiKey: {
    grace_seconds: "How long the old secrets keep working next to the new one; 0 ends them at once.",
  },
  readLimits: {
    applied: "Every limit of the key and of its plan. `data` has one for each name: the lower of two.",
  },
  resetLimits: {
    applied: "Every limit of the key and of its plan. `data` has one for each name: the lower of two.",
  },
  importApiKeys: {
    "keys.sha256": "The digest of the secret as clients send it, in UTF-8.",
    "keys.hint": "The visible part of the secret, to recognize it.",
  },
  explain: {
    key_id: "A key; the newest secret is assumed.",
    key: "A secret, instead of `key_id`. It is neither stored nor shown.",
    url: "The whole URL, as the client would call it, or its path, with or without the path of the base URL. A path is one of the key's environment; without a key, of the main environment.",
    client_address: "The address of the client; by default, an address that the key allows.",
  },
  readUsage: {
    group_by: "A comma-separated list of hour, day, environment, organization, key, route, outcome.",
  },
  readTraffic: {
    group_by: "A comma-separated list of hour, day, environment, route.",
  },
  readLatency: {
    group_by: "A comma-separated list of hour, day, environment.",
  },
  listRequests: {
    reason: "The code of a refusal, for example `scope_missing`.",
    route: "As configured; empty for requests that match no route.",
  },
  listAuditEvents: {
    target: "The id of the changed record.",
    actor: "`root`, or the id of a member or key.",
    action: "For example `api_key.created`.",
  },
  retirePepper: {
    force: "Even if keys would stop working.",
  },
};
