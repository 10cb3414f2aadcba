/** An issuer of the test's own, with keys to sign well and badly with. */

import type { AssertionClaims } from "../../src/origin/claims.ts";

export const ISSUER = "https://api.test";
export const AUDIENCE = "signatures";

export interface TestKey {
  readonly kid: string;
  readonly pair: CryptoKeyPair;
  readonly publicJwk: JsonWebKey & { kid: string };
}

export async function newKey(kid: string): Promise<TestKey> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const pair = (await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as CryptoKeyPair;
  const { kty, crv, x, y } = (await crypto.subtle.exportKey("jwk", pair.publicKey)) as JsonWebKey;
  return { kid, pair, publicJwk: { kty, crv, x, y, kid, alg: "ES256", use: "sig" } as TestKey["publicJwk"] };
}

export function claimsAt(now: number, change: object = {}): Record<string, unknown> {
  const claims: AssertionClaims = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: "key_1",
    org: "org_1",
    reach: "organization",
    env: "production",
    member: "mem_1",
    role: "owner",
    scope: "signatures:read signatures:write",
    rid: "req_1",
    jti: crypto.randomUUID(),
    iat: now,
    exp: now + 60,
    htm: "GET",
    htu: "/signatures/1",
  };
  return { ...claims, ...change };
}

export function headerOf({ kid }: Pick<TestKey, "kid">, change: object = {}): Record<string, unknown> {
  return { alg: "ES256", typ: "keygate-assertion+jwt", kid, ...change };
}

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text));
}

export function base64Url(value: ArrayBuffer | Uint8Array | string | object): string {
  const isBytes = value instanceof ArrayBuffer || value instanceof Uint8Array;
  const bytes = isBytes ? new Uint8Array(value) : bytesOf(typeof value === "string" ? value : JSON.stringify(value));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

export async function queryDigest(query: string): Promise<string> {
  return base64Url(await crypto.subtle.digest("SHA-256", bytesOf(query)));
}

/** A compact JWS of whatever is given. */
export async function signed(key: TestKey, payload: unknown, header: unknown = headerOf(key)): Promise<string> {
  const input = `${base64Url(header as object)}.${base64Url(payload as object)}`;
  const ecdsa = { name: "ECDSA", hash: "SHA-256" };
  return `${input}.${base64Url(await crypto.subtle.sign(ecdsa, key.pair.privateKey, bytesOf(input)))}`;
}

export async function hmacSigned(secret: Uint8Array<ArrayBuffer>, payload: unknown, header: unknown): Promise<string> {
  const input = `${base64Url(header as object)}.${base64Url(payload as object)}`;
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return `${input}.${base64Url(await crypto.subtle.sign("HMAC", key, bytesOf(input)))}`;
}
