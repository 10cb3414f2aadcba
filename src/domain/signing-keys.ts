/** The keys that sign assertions: a set for each environment, and how it changes. Pure. */

export type SigningKeyState = "active" | "next" | "retired";

/** A private JWK, https://www.rfc-editor.org/rfc/rfc7518#section-6.2, with its state. */
export interface SigningKey {
  readonly kty: "EC";
  readonly crv: "P-256";
  readonly x: string;
  readonly y: string;
  readonly d: string;
  readonly kid: string;
  readonly state: SigningKeyState;
}

/** By environment: one active, which signs; one next, published ahead; and retired ones, still published. */
export type SigningKeys = Readonly<Record<string, readonly SigningKey[]>>;

const COORDINATE = /^[A-Za-z0-9_-]{43}$/;
const KID = /^[A-Za-z0-9_-]{1,64}$/;
const STATES: readonly unknown[] = ["active", "next", "retired"];

/** Throws if the text is not such a set. The message never repeats the text. */
export function parseSigningKeys(text: string): SigningKeys {
  const sets = parseJson(text);
  const problem = problemOf(sets);
  if (problem) throw new Error(`KEYGATE_SIGNING_KEYS ${problem}`);
  return sets as SigningKeys;
}

/** What a verifier needs; the private part is left out by naming all that stays. */
export function publicJwk({ kty, crv, x, y, kid }: SigningKey) {
  return { kty, crv, x, y, kid, use: "sig", alg: "ES256" };
}

/** The next key signs from now on, the one that signed is retired, and `fresh` is published as the next. */
export function rotate(keys: readonly SigningKey[], fresh: SigningKey): SigningKey[] {
  const successor: Record<SigningKeyState, SigningKeyState> = { next: "active", active: "retired", retired: "retired" };
  return [...keys.map((key) => ({ ...key, state: successor[key.state] })), { ...fresh, state: "next" }];
}

/** Without the retired ones. */
export function retire(keys: readonly SigningKey[]): SigningKey[] {
  return keys.filter(({ state }) => state !== "retired");
}

/** Without this key, at once; if it signed, the next one does, and `fresh` is published as the next. */
export function withdraw(keys: readonly SigningKey[], kid: string, fresh: SigningKey): SigningKey[] {
  const rest = keys.filter((key) => key.kid !== kid);
  const withdrawn = keys.find((key) => key.kid === kid);
  if (!withdrawn || withdrawn.state === "retired") return rest;
  if (withdrawn.state === "next") return [...rest, { ...fresh, state: "next" }];
  return rotate(rest, fresh);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problemOf(sets: unknown): string | undefined {
  if (!isRecord(sets)) return "is not a JSON object of environments; create one with `keygate signing-keys init`";
  const all: SigningKey[] = [];
  for (const [environment, keys] of Object.entries(sets)) {
    if (!Array.isArray(keys) || !keys.every(isSigningKey))
      return `has a value in ${environment} that is not a private key`;
    const counted = (state: SigningKeyState) => keys.filter((key) => key.state === state).length;
    for (const state of ["active", "next"] as const) {
      if (counted(state) !== 1) return `has ${counted(state)} ${state} keys in ${environment}, and needs one`;
    }
    all.push(...keys);
  }
  const repeated = (field: "kid" | "x") => new Set(all.map((key) => key[field])).size < all.length;
  return repeated("kid") || repeated("x") ? "has a key twice; each environment needs its own keys" : undefined;
}

function isSigningKey(value: unknown): value is SigningKey {
  if (!isRecord(value)) return false;
  const { kty, crv, x, y, d, kid, state } = value;
  return (
    kty === "EC" &&
    crv === "P-256" &&
    [x, y, d].every((part) => typeof part === "string" && COORDINATE.test(part)) &&
    typeof kid === "string" &&
    KID.test(kid) &&
    STATES.includes(state)
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
