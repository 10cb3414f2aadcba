/** What is measured. */

import type { Load } from "./client.ts";
import type { Runtime, WorkerName } from "./runtime.ts";
import { newSecret, type SeededKey, seedKeys } from "./seed.ts";

export interface Case {
  readonly name: string;
  readonly worker: WorkerName;
  /** Where its calls are counted. Default: `counting`. */
  readonly counter?: WorkerName;
  readonly path: string;
  readonly secrets: readonly string[];
  /** `once`: no secret is shown twice. */
  readonly order: Load["order"] | "once";
  /** Whether each secret is shown once before anything is measured. */
  readonly warm: boolean;
  /** Seconds of load right before each measurement, for leases to grow to what it asks of them. */
  readonly runUp?: number;
  readonly status: number;
}

const SIGNATURE = "/production/signatures/1";
const SIGNED = "/production/signed/1";
const FOLDER = "/production/folders/1";

const MANY = 100_000;
const SOME = 1_000;
const FEW = 200;

/** `colds`: how many keys to have ready that no isolate has seen. */
export async function prepareCases(runtime: Runtime, colds: number): Promise<Case[]> {
  const ample = await seedKeys(runtime.db, "ample", MANY);
  const tight = await seedKeys(runtime.db, "tight", FEW);
  const [spent] = await seedKeys(runtime.db, "spent", 1);
  const unseen = await seedKeys(runtime.db, "ample", colds);
  await writeToKv(runtime, unseen);
  const hot = ample[0] as SeededKey;
  const forwarded = { path: SIGNATURE, order: "in turn", warm: true, status: 200 } as const;
  const gateway = { ...forwarded, worker: "keygate" } as const;
  const crowded = { ...forwarded, worker: "crowded" } as const;
  const longLeases = { worker: "patient", counter: "countingPatient" } as const;
  return [
    { ...forwarded, name: "bare", worker: "bare", secrets: [hot.secret] },
    { ...forwarded, name: "equal", worker: "equal", secrets: [hot.secret] },
    { ...gateway, name: "hot key", secrets: [hot.secret] },
    { ...gateway, name: "hot key, signed", path: SIGNED, secrets: [hot.secret] },
    { ...crowded, name: "1,000 keys", secrets: secretsOf(ample.slice(0, SOME)), runUp: 4 },
    { ...crowded, ...longLeases, name: "1,000 keys, 10 s", secrets: secretsOf(ample.slice(0, SOME)), runUp: 12 },
    { ...crowded, name: "100,000 keys", secrets: secretsOf(ample), order: "zipf", warm: false },
    { ...gateway, name: "nothing to lease", secrets: secretsOf(tight) },
    { ...crowded, name: "cold, in KV", secrets: secretsOf(unseen), order: "once", warm: false },
    { ...gateway, name: "401 malformed", secrets: [mistyped(hot.secret)], status: 401 },
    { ...gateway, name: "401 unknown", secrets: [newSecret()], status: 401 },
    { ...gateway, name: "403 scope", path: FOLDER, secrets: [hot.secret], status: 403 },
    { ...gateway, name: "429 rate", secrets: [(spent as SeededKey).secret], status: 429 },
  ];
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
