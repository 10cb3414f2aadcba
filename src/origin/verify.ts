/** The check of an assertion against the very request that it came with. */

import { base64url, compactVerify } from "jose";
import { ASSERTION_ALGORITHM, ASSERTION_HEADER, type AssertionClaims } from "./claims.ts";
import { AssertionError } from "./error.ts";
import { type Fetch, findKey } from "./keys.ts";
import { parseAssertion, readClaims } from "./parse.ts";
import { type Principal, principalOf } from "./principal.ts";

export interface VerifyOptions {
  /** The `issuer` of the environment in gateway.config.ts; a list only where one origin serves several environments. */
  readonly issuer: string | readonly string[];
  /** This origin's name in gateway.config.ts. */
  readonly audience: string;
  /** Refuses an assertion that was used before; see `memoryReplays`. Default: one may be used again within its minute. */
  readonly replays?: Replays;
  /** How public keys are fetched. Create it once: each has its own cache. */
  readonly fetch?: Fetch;
}

/** Remembers what was used. */
export interface Replays {
  /** Whether this `jti` was used before; from now until `until` (milliseconds since the epoch) it was. */
  seen(jti: string, until: number): boolean | Promise<boolean>;
}

/** A request as it arrived, whatever the server is. */
export interface Arrived {
  readonly method: string;
  /** Path and query as the request line has them, undecoded. */
  readonly target: string;
  /** The value of Keygate-Assertion; several joined by commas. */
  readonly assertion: string | null | undefined;
}

/** How far the origin's clock may be from the gateway's. */
const SKEW_SECONDS = 30;
const MAX_SHOWN = 200;

/** Throws an `AssertionError`. */
export function verifyAssertion(request: Pick<Request, "method" | "url" | "headers">, options: VerifyOptions) {
  const { pathname, search } = new URL(request.url);
  const { method, headers } = request;
  return verifyArrived({ method, target: pathname + search, assertion: headers.get(ASSERTION_HEADER) }, options);
}

/** The same for servers whose requests are not `Request` objects. */
export async function verifyArrived(arrived: Arrived, options: VerifyOptions): Promise<Principal> {
  const { token, kid, payload } = parseAssertion(arrived.assertion);
  const issuers = typeof options.issuer === "string" ? [options.issuer] : options.issuer;
  const issuer = issuers.find((each) => each === payload.iss);
  if (issuer === undefined) {
    throw new AssertionError("issuer_wrong", differing("issuer", issuers.join(" or "), payload.iss));
  }
  await checkSignature(token, await findKey(issuer, kid, options.fetch ?? fetch));
  const claims = readClaims(payload);
  if (claims.aud !== options.audience) {
    throw new AssertionError("audience_wrong", differing("audience", options.audience, claims.aud));
  }
  checkTime(claims, Date.now() / 1000);
  await checkRequest(claims, arrived);
  const until = (claims.exp + SKEW_SECONDS) * 1000;
  if (await options.replays?.seen(claims.jti, until)) {
    throw new AssertionError("replayed", "The assertion has been used before.");
  }
  return principalOf(claims);
}

/** `received` can come from anyone: it is shown as one short line. */
function differing(name: string, expected: string, received: unknown): string {
  const shown = (JSON.stringify(received) ?? "none").slice(0, MAX_SHOWN);
  return `The assertion has another ${name}. Expected: ${JSON.stringify(expected)}. Received: ${shown}.`;
}

async function checkSignature(token: string, key: Awaited<ReturnType<typeof findKey>>): Promise<void> {
  try {
    await compactVerify(token, key, { algorithms: [ASSERTION_ALGORITHM] });
  } catch (cause) {
    throw new AssertionError("signature_wrong", "The assertion's signature does not match its key.", { cause });
  }
}

function checkTime({ iat, exp }: AssertionClaims, now: number): void {
  if (iat > now + SKEW_SECONDS) throw new AssertionError("issued_in_future", "The assertion was issued in the future.");
  if (exp + SKEW_SECONDS <= now) throw new AssertionError("expired", "The assertion is older than a minute.");
}

async function checkRequest({ htm, htu, htq }: AssertionClaims, { method, target }: Arrived): Promise<void> {
  if (htm !== method) throw new AssertionError("method_mismatch", "The assertion is for another method.");
  const [path, query] = splitTarget(target);
  const digest = query === "" ? undefined : await crypto.subtle.digest("SHA-256", new TextEncoder().encode(query));
  if (htu !== path || htq !== (digest && base64url.encode(new Uint8Array(digest)))) {
    throw new AssertionError("target_mismatch", "The assertion is for another path or query.");
  }
}

function splitTarget(target: string): [path: string, query: string] {
  const at = target.indexOf("?");
  return at < 0 ? [target, ""] : [target.slice(0, at), target.slice(at + 1)];
}
