/** Assertions that must be refused, and some that must not, with the code of each: every verifier runs the same table. */

import {
  AUDIENCE,
  base64Url,
  bytesOf,
  claimsAt,
  headerOf,
  hmacSigned,
  ISSUER,
  newKey,
  queryDigest,
  signed,
  type TestKey,
} from "./issuer.ts";

export interface Case {
  readonly name: string;
  /** `accepted`, or the code of the refusal. */
  readonly expected: string;
  readonly method: string;
  readonly target: string;
  readonly assertion: string | null;
}

export interface Table {
  readonly issuer: string;
  readonly audience: string;
  readonly jwks: { keys: object[] };
  /** In order: one is a replay of the one before it. */
  readonly cases: readonly Case[];
}

/** Takes part of a good assertion's place; what it does not name stays good. */
interface Difference {
  claims?: object;
  header?: object;
  key?: TestKey;
  /** What becomes of the finished assertion. */
  change?: (assertion: string) => string | null | Promise<string | null>;
  method?: string;
  target?: string;
}

/** `now`: seconds since the epoch, when they will be verified. */
export async function forgeryTable(now: number): Promise<Table> {
  const key = await newKey("key-1");
  const other = await newKey("key-of-the-sandbox");
  const attacker = await newKey("key-1");
  const differences: Record<string, [expected: string, Difference]> = {
    ...accepted(now, await queryDigest("a=1&b=%20")),
    ...(await forgedAlgorithms(now, key, attacker)),
    ...forgedHeaders(other, attacker),
    ...forgedClaims(now),
    ...forgedBindings(await queryDigest("a=1")),
    ...(await forgedForms(now, key)),
  };
  const cases = await Promise.all(
    Object.entries(differences).map(async ([name, [expected, difference]]): Promise<Case> => {
      const { claims, header, change = (same: string) => same, method = "GET", target = "/signatures/1" } = difference;
      const by = difference.key ?? key;
      const assertion = await change(await signed(by, claimsAt(now, claims), headerOf(by, header)));
      return { name, expected, method, target, assertion };
    }),
  );
  const replay = { ...(cases[0] as Case), name: "one that was used before", expected: "replayed" };
  return { issuer: ISSUER, audience: AUDIENCE, jwks: { keys: [key.publicJwk] }, cases: [...cases, replay] };
}

type Differences = Record<string, [expected: string, Difference]>;

function accepted(now: number, htq: string): Differences {
  return {
    "a true one": ["accepted", {}],
    "a true one with a query": ["accepted", { claims: { htq }, target: "/signatures/1?a=1&b=%20" }],
    "a true one with an empty query": ["accepted", { target: "/signatures/1?" }],
    "a true one of a workspace key": ["accepted", { claims: { reach: "workspace", workspaces: ["ws_1"] } }],
    "a true one of a key that is left with no workspace": [
      "accepted",
      { claims: { reach: "workspace", workspaces: [] } },
    ],
    "a true one without a member": ["accepted", { claims: { member: undefined, role: undefined } }],
    "a true one of a key without scopes": ["accepted", { claims: { scope: "" } }],
    "a true one with a claim still to come": ["accepted", { claims: { later: { a: 1 } } }],
    "one that ended 20 s ago, by clocks that differ": ["accepted", { claims: { iat: now - 80, exp: now - 20 } }],
    "one of the next 20 s, by clocks that differ": ["accepted", { claims: { iat: now + 20, exp: now + 80 } }],
  };
}

async function forgedAlgorithms(now: number, key: TestKey, attacker: TestKey): Promise<Differences> {
  const hmac = (secret: Uint8Array<ArrayBuffer>) => () =>
    hmacSigned(secret, claimsAt(now), headerOf(key, { alg: "HS256" }));
  const spki = (await crypto.subtle.exportKey("spki", key.pair.publicKey)) as ArrayBuffer;
  const pem = `-----BEGIN PUBLIC KEY-----\n${btoa(String.fromCharCode(...new Uint8Array(spki)))}\n-----END PUBLIC KEY-----\n`;
  const unsigned = (assertion: string) => assertion.slice(0, assertion.lastIndexOf(".") + 1);
  const forbidden = (alg: unknown, change?: Difference["change"]): [string, Difference] => [
    "algorithm_forbidden",
    { header: { alg }, ...(change && { change }) },
  ];
  return {
    "alg none, without a signature": forbidden("none", unsigned),
    "alg none, with a signature": forbidden("none"),
    "alg NONE": forbidden("NONE", unsigned),
    "no alg": forbidden(undefined),
    "alg in lower case": forbidden("es256"),
    "alg as a list": forbidden(["ES256"]),
    "alg of another curve": forbidden("ES384"),
    "alg RS256": forbidden("RS256"),
    "alg EdDSA": forbidden("EdDSA"),
    "HS256 with the public key as PEM": forbidden("HS256", hmac(bytesOf(pem))),
    "HS256 with the public key as DER": forbidden("HS256", hmac(new Uint8Array(spki))),
    "HS256 with the public key as JWK": forbidden("HS256", hmac(bytesOf(JSON.stringify(key.publicJwk)))),
    "HS256 under the name of ES256": [
      "signature_wrong",
      { change: () => hmacSigned(bytesOf(pem), claimsAt(now), headerOf(key)) },
    ],
    "no signature under the name of ES256": ["signature_wrong", { change: unsigned }],
    "a signature of zeros": ["signature_wrong", { change: (same) => unsigned(same) + base64Url(new Uint8Array(64)) }],
    "another's key under the same name": ["signature_wrong", { key: attacker }],
  };
}

function forgedHeaders(other: TestKey, attacker: TestKey): Differences {
  const wrongType = (typ: unknown): [string, Difference] => ["type_wrong", { header: { typ } }];
  const forbidden = (header: object, key?: TestKey): [string, Difference] => [
    "header_forbidden",
    { header, ...(key && { key }) },
  ];
  const unknown = (header: object, key?: TestKey): [string, Difference] => [
    "key_unknown",
    { header, ...(key && { key }) },
  ];
  return {
    "its own key in the header (jwk)": forbidden({ jwk: attacker.publicJwk }, attacker),
    "a place of keys in the header (jku)": forbidden({ jku: "https://evil.test/jwks.json" }, attacker),
    "a place of certificates in the header (x5u)": forbidden({ x5u: "https://evil.test/cert.pem" }, attacker),
    "certificates in the header (x5c)": forbidden({ x5c: ["MIIB"] }, attacker),
    "a critical extension": forbidden({ crit: ["exp"], exp: 1 }),
    "an unencoded payload (b64)": forbidden({ b64: false, crit: ["b64"] }),
    "a compressed payload (zip)": forbidden({ zip: "DEF" }),
    "another header parameter": forbidden({ cty: "JWT" }),
    "no typ": wrongType(undefined),
    "typ JWT": wrongType("JWT"),
    "typ of an access token": wrongType("at+jwt"),
    "typ in upper case": wrongType("KEYGATE-ASSERTION+JWT"),
    "no kid": unknown({ kid: undefined }),
    "an empty kid": unknown({ kid: "" }),
    "a kid that is no text": unknown({ kid: 1 }),
    "a kid that is a path": unknown({ kid: "../../../dev/null" }),
    "a kid of the language": unknown({ kid: "__proto__" }),
    "another environment's key": unknown({}, other),
    "another environment's key under the name of ours": ["signature_wrong", { key: other, header: { kid: "key-1" } }],
    "another environment's key and issuer": ["issuer_wrong", { key: other, claims: { iss: "https://sandbox.test" } }],
  };
}

function forgedClaims(now: number): Differences {
  const malformed = (claims: object): [string, Difference] => ["claims_malformed", { claims }];
  return {
    "another issuer": ["issuer_wrong", { claims: { iss: "https://evil.test" } }],
    "an issuer with a slash more": ["issuer_wrong", { claims: { iss: `${ISSUER}/` } }],
    "an issuer in a list": ["issuer_wrong", { claims: { iss: [ISSUER] } }],
    "no issuer": ["issuer_wrong", { claims: { iss: undefined } }],
    "another audience": ["audience_wrong", { claims: { aud: "billing" } }],
    "an audience that begins like ours": ["audience_wrong", { claims: { aud: `${AUDIENCE}-2` } }],
    "several audiences": malformed({ aud: [AUDIENCE, "billing"] }),
    "no audience": malformed({ aud: undefined }),
    "one that ended a minute ago": ["expired", { claims: { iat: now - 120, exp: now - 60 } }],
    "one of the year 2020": ["expired", { claims: { iat: 1_577_836_800, exp: 1_577_836_860 } }],
    "one of the next hour": ["issued_in_future", { claims: { iat: now + 3600, exp: now + 3660 } }],
    "one that lives for an hour": malformed({ exp: now + 3600 }),
    "one that ends before it begins": malformed({ exp: now - 1 }),
    "no end": malformed({ exp: undefined }),
    "an end that is a text": malformed({ exp: String(now + 60) }),
    "an end that is no number": malformed({ exp: null }),
    "no beginning": malformed({ iat: undefined }),
    "no subject": malformed({ sub: undefined }),
    "an empty subject": malformed({ sub: "" }),
    "a subject that is an object": malformed({ sub: { id: "key_1" } }),
    "no organization": malformed({ org: undefined }),
    "no scope": malformed({ scope: undefined }),
    "a scope that is a list": malformed({ scope: ["signatures:read"] }),
    "an unknown reach": malformed({ reach: "everything" }),
    "a reach that is a list": malformed({ reach: ["organization"] }),
    "a workspace key without workspaces": malformed({ reach: "workspace" }),
    "workspaces as one text": malformed({ reach: "workspace", workspaces: "ws_1" }),
    "an organization key with workspaces": malformed({ workspaces: ["ws_1"] }),
    "no jti": malformed({ jti: undefined }),
  };
}

function forgedBindings(htq: string): Differences {
  const elsewhere = (target: string, claims = {}): [string, Difference] => ["target_mismatch", { target, claims }];
  return {
    "another method": ["method_mismatch", { method: "DELETE" }],
    "the method in lower case": ["method_mismatch", { method: "get" }],
    "HEAD for GET": ["method_mismatch", { method: "HEAD" }],
    "another path": elsewhere("/signatures/2"),
    "a path with a slash more": elsewhere("/signatures/1/"),
    "a path that is encoded otherwise": elsewhere("/signatures/%31"),
    "a path in another case": elsewhere("/Signatures/1"),
    "a query where there was none": elsewhere("/signatures/1?admin=1"),
    "another query": elsewhere("/signatures/1?a=2", { htq }),
    "more of a query": elsewhere("/signatures/1?a=1&b=2", { htq }),
    "no query where there was one": elsewhere("/signatures/1", { htq }),
  };
}

async function forgedForms(now: number, key: TestKey): Promise<Differences> {
  const spare = await signed(key, claimsAt(now, { sub: "key_2" }));
  const malformed = (change: Difference["change"]): [string, Difference] => ["assertion_malformed", { change }];
  const part = (assertion: string, at: number) => assertion.split(".")[at] as string;
  const withPayload = (payload: string) => (assertion: string) =>
    `${part(assertion, 0)}.${payload}.${part(assertion, 2)}`;
  const tampered = base64Url(claimsAt(now, { role: "owner", org: "org_2" }));
  return {
    "a tampered claim": ["signature_wrong", { change: withPayload(tampered) }],
    "the signature of another": [
      "signature_wrong",
      { change: (same) => `${part(same, 0)}.${part(same, 1)}.${part(spare, 2)}` },
    ],
    "a signature cut short": ["signature_wrong", { change: (same) => same.slice(0, -2) }],
    "a signature with more behind it": ["signature_wrong", { change: (same) => `${same.slice(0, -2)}AAAA` }],
    "a last character that spells the same bytes": malformed((same) => same.slice(0, -1) + twin(same.at(-1) as string)),
    "cut after the payload": malformed((same) => same.slice(0, same.lastIndexOf("."))),
    "cut within the header": malformed((same) => same.slice(0, 10)),
    "four parts": malformed((same) => `${same}.AAAA`),
    "five parts, as of something encrypted": malformed((same) => `${same}.AAAA.AAAA`),
    "dots alone": malformed(() => ".."),
    "a scheme in front": malformed((same) => `Bearer ${same}`),
    "white space within": malformed((same) => same.replace(".", ". ")),
    "padding behind": malformed((same) => `${same}==`),
    "the other alphabet of base64": malformed((same) => `${same.slice(0, -4)}+/+/`),
    "a payload that is no JSON": malformed(withPayload(base64Url("sub=key_1"))),
    "a payload that is a list": malformed(withPayload(base64Url("[]"))),
    "a payload that is null": malformed(withPayload(base64Url("null"))),
    "a payload that is no UTF-8": malformed(withPayload(base64Url(new Uint8Array([0x22, 0xff, 0x22])))),
    "a header that is a list": malformed((same) => `${base64Url('["ES256"]')}.${part(same, 1)}.${part(same, 2)}`),
    "a megabyte": ["assertion_too_long", { change: (same) => same + "A".repeat(1_000_000) }],
    none: ["assertion_missing", { change: () => null }],
    "an empty one": ["assertion_missing", { change: () => "" }],
    "the header twice, a good one first": ["assertion_repeated", { change: (same) => `${same}, ${spare}` }],
    "the header twice, a good one last": ["assertion_repeated", { change: (same) => `forged,${same}` }],
    "the same one twice": ["assertion_repeated", { change: (same) => `${same},${same}` }],
  };
}

/** 64 bytes leave four bits of the last character unused. */
function twin(character: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return alphabet[alphabet.indexOf(character) ^ 1] as string;
}
