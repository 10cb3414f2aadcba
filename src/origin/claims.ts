/** What an assertion says, and the names under which it travels. */

export const ASSERTION_HEADER = "Keygate-Assertion";
export const ASSERTION_TYPE = "keygate-assertion+jwt";
export const ASSERTION_ALGORITHM = "ES256";
/** Below the issuer. */
export const JWKS_PATH = "/.well-known/jwks.json";
/** From `iat` to `exp`. */
export const ASSERTION_LIFE_SECONDS = 60;
/** How long verifiers may keep the keys that they have fetched. */
export const JWKS_LIFE_SECONDS = 300;

/** https://www.rfc-editor.org/rfc/rfc7519#section-4.1, and ours. */
export interface AssertionClaims {
  /** The environment's issuer. */
  readonly iss: string;
  /** The origin's name in gateway.config.ts. */
  readonly aud: string;
  /** The key's id. */
  readonly sub: string;
  readonly org: string;
  readonly reach: "organization" | "workspace";
  /** Of a key that reaches workspaces only; absent where it reaches all of its organization. */
  readonly workspaces?: readonly string[];
  readonly env: string;
  readonly member?: string;
  readonly role?: string;
  /** What the key can do, separated by spaces. */
  readonly scope: string;
  /** The request's id, as in X-Request-Id. */
  readonly rid: string;
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly iat: number;
  readonly exp: number;
  readonly htm: string;
  /** The path, as forwarded. */
  readonly htu: string;
  /** SHA-256 of the query (what follows the question mark), base64url; absent where there is none. */
  readonly htq?: string;
  /** SHA-256 of the body, base64url; where the route asks for it and the body is not streamed. */
  readonly digest?: string;
}
