/** What happened in a gateway within three months: three organizations, their people, 120 keys, and what each key was used for. */

import { DAY_MS, HOUR_MS } from "../src/domain/durations.ts";

export interface Organization {
  readonly id: string;
  readonly name: string;
  readonly plan: string | null;
  readonly keys: number;
  readonly workspaces: readonly { readonly id: string; readonly name: string }[];
  /** The owner comes first. */
  readonly members: readonly { readonly id: string; readonly name: string; readonly role: string }[];
}

export interface PastKey {
  readonly id: string;
  readonly memberId: string;
  readonly environment: "production" | "sandbox";
  readonly workspaces: readonly string[];
  readonly permission: "full-access" | "read-only";
  readonly scopes: readonly string[];
  readonly name: string;
  readonly description: string | null;
  readonly lastFour: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly lastUsedAt: number | null;
  readonly disabledAt: number | null;
  readonly revokedAt: number | null;
  /** Its share of all requests, beside those of the others. */
  readonly weight: number;
}

interface Source {
  readonly now: number;
  /** From 0 to 1. */
  readonly random: () => number;
}

function organizationOf(name: string, keys: number, plan: string | null, people: readonly string[]): Organization {
  const of = name.toLowerCase();
  return {
    ...{ id: `org_history_${of}`, name, plan, keys },
    workspaces: ["Berlin", "Lisbon", "Toronto"].map((place) => ({
      id: `ws_history_${of}_${place.toLowerCase()}`,
      name: place,
    })),
    members: people.map((person, at) => ({
      id: `mem_history_${of}_${at}`,
      name: person,
      role: at === 0 ? "owner" : at === 1 ? "admin" : "member",
    })),
  };
}

export const ORGANIZATIONS: readonly Organization[] = [
  organizationOf("Acme", 88, null, ["Olga Petrova", "Ben Okafor", "Mia Chen", "Tomás Herrera", "Sven Lindqvist"]),
  organizationOf("Globex", 24, "scale", ["Ada Byrne", "Noor Haddad"]),
  organizationOf("Initech", 8, "free", ["Peter Novak"]),
];

const SUBJECTS =
  "billing,checkout,mobile,crm-sync,nightly-export,webhooks,analytics,partner-portal,onboarding,search,archive".split(
    ",",
  );
const KINDS = "backend,ci,staging,worker,dashboard,prod,import".split(",");
const SCOPES = [
  "signatures:read",
  "signatures:write",
  "signatures:delete",
  "folders:read",
  "folders:write",
  "integrations:read",
];
const ROUTES = ["/signatures/*", "/workspaces/:workspace/folders/*", "/integrations/*", "/whoami"];
const LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

export function keysOf({ keys, members, workspaces }: Organization, { now, random }: Source): PastKey[] {
  const any = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
  const chance = (share: number) => random() < share;
  return Array.from({ length: keys }, (_, at): PastKey => {
    const createdAt = now - Math.floor((2 + random() * 298) * DAY_MS);
    const expiresAt = chance(0.1) ? now + Math.floor(random() * 28 * DAY_MS) : createdAt + 365 * DAY_MS;
    const lastUsedAt = chance(0.2) ? null : now - Math.floor(random() ** 6 * (now - createdAt));
    const ended = now - Math.floor(random() * (now - createdAt) * 0.5);
    const name = `${SUBJECTS[at % SUBJECTS.length]}-${KINDS[(at + Math.floor(at / SUBJECTS.length)) % KINDS.length]}`;
    return {
      id: `key_${Array.from({ length: 32 }, () => any([..."0123456789abcdef"])).join("")}`,
      memberId: any(members).id,
      environment: chance(0.65) ? "production" : "sandbox",
      workspaces: chance(0.35) ? [...new Set([any(workspaces).id, any(workspaces).id])] : [],
      permission: chance(0.3) ? "read-only" : "full-access",
      scopes: chance(0.12)
        ? ["admin"]
        : chance(0.2)
          ? ["read:all"]
          : [...new Set([any(SCOPES), any(SCOPES), any(SCOPES)])],
      name: at >= SUBJECTS.length * KINDS.length ? `${name}-2` : name,
      description: chance(0.4) ? `Used by ${any(SUBJECTS)} to reach ${any(SUBJECTS)}` : null,
      lastFour: Array.from({ length: 4 }, () => any([...LETTERS])).join(""),
      createdAt,
      expiresAt,
      lastUsedAt,
      disabledAt: chance(0.05) ? ended : null,
      revokedAt: chance(0.1) ? ended : null,
      weight: lastUsedAt === null ? 0 : random() ** 4,
    };
  });
}

interface PastUse {
  readonly organization: string;
  readonly key: PastKey;
  readonly hour: number;
  readonly route: string;
  readonly outcome: string;
  readonly requests: number;
}

interface Wanted extends Source {
  readonly first: number;
  readonly requests: number;
}

/** Exactly so many requests: more by day than by night, fewer at weekends, some over a limit, some refused. */
export function usageOf(
  organizations: readonly { readonly id: string; readonly keys: readonly PastKey[] }[],
  { first, now, requests, random }: Wanted,
): PastUse[] {
  const used = organizations.flatMap(({ id, keys }) =>
    keys.filter(({ weight }) => weight > 0).map((key) => ({ organization: id, key })),
  );
  const uses: PastUse[] = [];
  for (let hour = first; hour < now; hour += HOUR_MS) {
    for (const { organization, key } of used) {
      if (hour < key.createdAt || hour > (key.revokedAt ?? key.lastUsedAt ?? 0)) continue;
      const route = ROUTES[Math.floor(random() * ROUTES.length)] as string;
      const count = key.weight * rhythmOf(hour) * (0.4 + 1.2 * random());
      for (const [outcome, share] of partsOf(random))
        uses.push({ organization, key, hour, route, outcome, requests: count * share });
    }
  }
  return scaled(uses, requests);
}

/** What is rounded off goes to the next. */
function scaled(uses: readonly PastUse[], requests: number): PastUse[] {
  const scale = requests / uses.reduce((sum, use) => sum + use.requests, 0);
  let exact = 0;
  let given = 0;
  const whole = uses.map((use) => {
    exact += use.requests * scale;
    const part = Math.round(exact) - given;
    given += part;
    return { ...use, requests: part };
  });
  return whole.filter((use) => use.requests > 0);
}

function rhythmOf(hour: number): number {
  const date = new Date(hour);
  const isWeekend = date.getUTCDay() % 6 === 0;
  return (isWeekend ? 0.35 : 1.1) * (1 + 0.8 * Math.sin(((date.getUTCHours() - 8) / 24) * 2 * Math.PI));
}

function partsOf(random: () => number): [outcome: string, share: number][] {
  const limited = random() < 0.15 ? 0.2 * random() : 0;
  const refused = random() < 0.1 ? 0.1 * random() : 0;
  const reason = random() < 0.6 ? "scope_missing" : "no_such_route";
  return [
    ["forwarded", 1 - limited - refused],
    ["rate_exceeded", limited],
    [reason, refused],
  ];
}
