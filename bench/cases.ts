/** What is measured. */

import { createHash } from "node:crypto";
import type { Load } from "./client.ts";
import type { Runtime, WorkerName } from "./runtime.ts";
import { newSecret, type SeededKey, seedKeys } from "./seed.ts";

interface Setting {
  readonly name: string;
  readonly worker: WorkerName;
  readonly path: string;
  readonly secrets: (keys: Keys) => readonly string[];
  /** `once`: no secret is shown twice. */
  readonly order: Load["order"] | "once";
  /** Whether each secret is shown once before anything is measured. */
  readonly warm: boolean;
  /** Seconds of load right before each measurement, for leases to grow to what it asks of them. */
  readonly runUp?: number;
  /**
   * Requests for the runtime to compile the measured code, where the default would take minutes. Or until an isolate remembers the keys that
   * are used most, and not those that were shown last.
   */
  readonly warmUp?: number;
  readonly status: number;
  /** It is measured under open load too: next to its bindings, or only so and far from them. */
  readonly open?: "near" | "far";
}

export interface Case extends Omit<Setting, "secrets"> {
  readonly secrets: readonly string[];
}

/** The nth `ample` key is the same in every case. */
interface Keys {
  readonly ample: readonly string[];
  readonly tight: readonly string[];
  readonly spent: readonly string[];
  readonly unseen: readonly string[];
}

const SIGNATURE = "/production/signatures/1";
const SIGNED = "/production/signed/1";
const HANDLED = "/production/handled/1";
const PROTECTED = "/production/protected/1";
const FOLDER = "/production/folders/1";

const SOME = 1_000;
const FEW = 200;
const FAR = 10_000;

const forwarded = { path: SIGNATURE, order: "in turn", warm: true, status: 200 } as const;
const hot = { ...forwarded, worker: "keygate", secrets: ({ ample }: Keys) => ample.slice(0, 1) } as const;
const some = { ...forwarded, worker: "several", secrets: ({ ample }: Keys) => ample.slice(0, SOME) } as const;

export const CASES: readonly Setting[] = [
  { ...hot, name: "bare", worker: "bare" },
  { ...hot, name: "equal", worker: "equal", open: "near" },
  { ...hot, name: "hot key", open: "near" },
  { ...hot, name: "hot key, signed", path: SIGNED },
  { ...hot, name: "hot key, handler", path: HANDLED },
  { ...hot, name: "hot key, protect", path: PROTECTED, worker: "protecting" },
  { ...some, name: "1,000 keys", runUp: 4, open: "near" },
  { ...some, name: "1,000 keys, 10 s", worker: "patient", runUp: 12 },
  {
    ...some,
    name: "many keys",
    worker: "crowded",
    secrets: ({ ample }) => ample,
    order: "zipf",
    warmUp: 100_000,
    open: "near",
  },
  { ...hot, name: "nothing to lease", secrets: ({ tight }) => tight },
  { ...some, name: "cold, in KV", worker: "crowded", secrets: ({ unseen }) => unseen, order: "once", warm: false },
  { ...hot, name: "401 malformed", secrets: ({ ample }) => ample.slice(0, 1).map(mistyped), status: 401 },
  { ...hot, name: "401 unknown", secrets: () => [newSecret()], status: 401 },
  { ...hot, name: "403 scope", path: FOLDER, status: 403 },
  { ...hot, name: "429 rate", secrets: ({ spent }) => spent, status: 429 },
  {
    ...some,
    name: "far: 10,000 keys",
    worker: "delayed",
    secrets: ({ ample }) => ample.slice(0, FAR),
    order: "zipf",
    open: "far",
  },
  { ...hot, name: "peer: KV and an object", worker: "kv-and-object", open: "near" },
];

const BETTER_AUTH = {
  ...forwarded,
  name: "peer: better-auth on D1",
  worker: "better-auth",
  warmUp: 1_000,
  open: "near",
} as const;

/** `colds`: how many keys to have ready that no isolate has seen. `many`: how many the row of many keys has. */
export async function prepareCases(runtime: Runtime, colds: number, many: number): Promise<Case[]> {
  const ample = secretsOf(await seedKeys(runtime.db, "ample", many));
  const tight = secretsOf(await seedKeys(runtime.db, "tight", FEW));
  const spent = secretsOf(await seedKeys(runtime.db, "spent", 1));
  const unseen = await seedKeys(runtime.db, "ample", colds);
  await writeToKv(runtime, unseen);
  const keys = { ample, tight, spent, unseen: secretsOf(unseen) };
  const cases = CASES.map((each) => ({ ...each, secrets: each.secrets(keys) }));
  await runtime.kv.put(
    `peer:${createHash("sha256")
      .update(ample[0] as string)
      .digest("hex")}`,
    "key_peer",
  );
  const peer = runtime.urls["better-auth"];
  if (peer === undefined) return cases;
  return [...cases, { ...BETTER_AUTH, secrets: [await (await fetch(`${peer}/key`)).text()] }];
}

/** Authorities write when their keys were last used, a minute later. Many of them would do so during other cases. */
const GROUPS: readonly (readonly WorkerName[])[] = [
  ["keygate", "protecting", "kv-and-object", "better-auth"],
  ["several"],
  ["crowded"],
  ["patient"],
];

/** What is measured side by side, without the yardsticks, which belong to each group. */
export function groupsOf(cases: readonly Case[]): Case[][] {
  const groups = GROUPS.map((workers) => cases.filter(({ worker }) => workers.includes(worker)));
  return groups.filter(({ length }) => length > 0);
}

function secretsOf(keys: readonly SeededKey[]): string[] {
  return keys.map(({ secret }) => secret);
}

/** Its checksum is wrong. */
function mistyped(secret: string): string {
  return secret.slice(0, -1) + (secret.endsWith("A") ? "B" : "A");
}

async function writeToKv({ kv }: Runtime, keys: readonly SeededKey[]): Promise<void> {
  const AT_ONCE = 100;
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    await Promise.all(keys.slice(at, at + AT_ONCE).map(({ kvName, kvEntry }) => kv.put(kvName, kvEntry)));
  }
}
