/** A million keys as they might be: one huge organization, a few large, many small, and nothing evenly spread. */

import { createHash } from "node:crypto";

export const ORGANIZATIONS = 10_000;
export const LARGEST = 100_000;
const LARGE = { organizations: 9, keys: 10_000 };
export const NOW = Date.UTC(2026, 10, 1);
const DAY = 86_400_000;
const YEARS = 3;

export interface ScaleKey {
  readonly id: string;
  readonly organization: string;
  readonly member: string;
  readonly environment: string;
  readonly reach: "organization" | "workspace";
  readonly workspaces: readonly string[];
  readonly permission: "full-access" | "read-only";
  readonly scopes: readonly string[];
  readonly name: string;
  readonly description: string | null;
  readonly created: number;
  readonly expires: number;
  readonly used: number | null;
  readonly disabled: number | null;
  readonly revoked: number | null;
  readonly hash: string;
}

const WORDS =
  "billing reports export sync mobile backend staging crm hubspot nightly archive signatures webhook intake portal partner legacy migration analytics onboarding contracts sales support finance audit".split(
    " ",
  );
const SCOPES = [
  ...["signatures", "folders", "emails", "teammates", "smart_fields", "assets", "marketing_campaigns"].flatMap((name) =>
    ["read", "write", "delete"].map((action) => `${name}:${action}`),
  ),
  "integrations:read",
];
/** Granted to keys made in the first year alone. */
export const OLD_SCOPE = "legacy_exports:read";
/** Granted to one key in 5,000. */
export const RARE_SCOPE = "financial_documents:read";
export const COMMON_SCOPE = "signatures:read";

export function idOf(kind: string, number: number): string {
  return `${kind}_${createHash("md5").update(`${kind} ${number}`).digest("hex")}`;
}

export const organizationId = (organization: number) => idOf("org", organization);
export const workspaceId = (organization: number, number: number) => idOf(`ws`, organization * 1_000 + number);
export const memberId = (organization: number, number: number) => idOf("mem", organization * 1_000 + number);
export const workspacesOf = (organization: number) => (organization === 0 ? 500 : organization < 10 ? 50 : 3);
export const membersOf = (organization: number) => (organization === 0 ? 200 : organization < 10 ? 20 : 3);

/** Whose each key is, in order of age: organizations make keys at the same time, so theirs lie mixed on the disk. */
export function owners(keys: number, random: () => number): Int32Array {
  const owner = new Int32Array(keys);
  const large = Math.floor(LARGEST * (keys / 1_000_000));
  const middle = Math.floor(LARGE.keys * (keys / 1_000_000));
  for (let key = 0; key < keys; key++) {
    const rest = key - large;
    if (rest < 0) owner[key] = 0;
    else if (rest < middle * LARGE.organizations) owner[key] = 1 + Math.floor(rest / middle);
    else owner[key] = 1 + LARGE.organizations + (key % (ORGANIZATIONS - 1 - LARGE.organizations));
  }
  for (let last = keys - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [owner[last], owner[other]] = [owner[other] as number, owner[last] as number];
  }
  return owner;
}

export function keyOf(number: number, keys: number, organization: number, random: () => number): ScaleKey {
  const chance = (share: number) => random() < share;
  /** The first of many, far more often than the last. */
  const skewed = (count: number) => Math.floor(count * random() ** 3);
  const word = () => WORDS[skewed(WORDS.length)] as string;
  const created = Math.floor(NOW - YEARS * 365 * DAY * (1 - number / keys));
  const expires = created + (chance(0.6) ? 365 : 30 + Math.floor(random() * 335)) * DAY;
  const reach = chance(0.6) ? "workspace" : "organization";
  const many = chance(0.1) ? 2 + Math.floor(random() * 3) : 1;
  const workspaces =
    reach === "workspace" ? new Set(Array.from({ length: many }, () => skewed(workspacesOf(organization)))) : [];
  const scopes = new Set(
    Array.from({ length: chance(0.05) ? 15 : 1 + skewed(5) }, () => SCOPES[skewed(SCOPES.length)] as string),
  );
  if (chance(0.4)) scopes.add(COMMON_SCOPE);
  if (chance(0.0002)) scopes.add(RARE_SCOPE);
  if (number < keys / YEARS && chance(0.2)) scopes.add(OLD_SCOPE);
  const until = Math.min(NOW, expires);
  return {
    id: idOf("key", number),
    organization: organizationId(organization),
    member: memberId(organization, skewed(membersOf(organization))),
    environment: chance(0.7) ? "production" : "sandbox",
    reach,
    workspaces: [...workspaces].map((each) => workspaceId(organization, each)),
    permission: chance(0.2) ? "read-only" : "full-access",
    scopes: [...scopes],
    name: `${word()} ${word()} ${number % 97}`,
    description: chance(0.5)
      ? `Used by the ${word()} ${word()} of ${word()} to ${word()} every night; ask ${word()} #${number}`
      : null,
    created,
    expires,
    used: chance(0.35) ? null : Math.floor(created + random() * (until - created)),
    disabled: chance(0.03) ? until : null,
    revoked: chance(0.12) ? until : null,
    hash: createHash("sha256").update(String(number)).digest("base64url"),
  };
}
