import { describe, expect, test } from "vitest";
import {
  parseSigningKeys,
  publicJwk,
  retire,
  rotate,
  type SigningKey,
  type SigningKeyState,
  withdraw,
} from "../../src/domain/signing-keys.ts";

/** Its coordinates are of the right length, and no key. */
function key(kid: string, state: SigningKeyState): SigningKey {
  const part = (letter: string) => `${kid}${letter.repeat(43)}`.slice(0, 43);
  return { kty: "EC", crv: "P-256", x: part("x"), y: part("y"), d: part("d"), kid, state };
}

const SET = [key("a", "active"), key("n", "next")];
const FRESH = key("f", "next");
const states = (keys: readonly SigningKey[]) => keys.map(({ kid, state }) => `${kid} ${state}`);

describe("A set of signing keys", () => {
  test("rotates: the next one signs, the one that signed stays published, and a fresh one comes next", () => {
    expect(states(rotate(SET, FRESH))).toEqual(["a retired", "n active", "f next"]);
  });

  test("publishes before and after a rotation every key that either side of it signs with", () => {
    const after = rotate(SET, FRESH).map(({ kid }) => kid);
    const signing = ["a", "n"];
    expect(signing.every((kid) => after.includes(kid) && SET.some((each) => each.kid === kid))).toBe(true);
  });

  test("loses what is retired, and nothing else", () => {
    expect(states(retire(rotate(SET, FRESH)))).toEqual(["n active", "f next"]);
    expect(retire(SET)).toEqual(SET);
  });

  test.for([
    { kid: "a", left: ["n active", "f next"] },
    { kid: "n", left: ["a active", "f next"] },
  ])("goes on without $kid, once it is withdrawn", ({ kid, left }) => {
    expect(states(withdraw(SET, kid, FRESH))).toEqual(left);
  });

  test("loses a retired key that is withdrawn", () => {
    expect(states(withdraw(rotate(SET, FRESH), "a", key("g", "next")))).toEqual(["n active", "f next"]);
  });

  test("shows of a key the public part alone", () => {
    const { d, state, ...rest } = key("a", "active");
    expect(publicJwk(key("a", "active"))).toEqual({ ...rest, use: "sig", alg: "ES256" });
    expect(JSON.stringify(publicJwk(key("a", "active")))).not.toContain(d);
  });

  test("is read as it was written", () => {
    expect(parseSigningKeys(JSON.stringify({ production: SET }))).toEqual({ production: SET });
  });

  test.for<[what: string, text: string, says: RegExp]>([
    ["no JSON", "canary", /is not a JSON object/],
    ["a list", "[]", /is not a JSON object/],
    ["no list of keys", '{"production":{}}', /a value in production that is not a private key/],
    [
      "a key without its private part",
      JSON.stringify({ production: [{ ...SET[0], d: undefined }] }),
      /not a private key/,
    ],
    [
      "a key with a short private part",
      JSON.stringify({ production: [{ ...SET[0], d: "canary" }] }),
      /not a private key/,
    ],
    ["a key of another kind", JSON.stringify({ production: [{ ...SET[0], crv: "P-384" }] }), /not a private key/],
    [
      "a key in an unknown state",
      JSON.stringify({ production: [{ ...SET[0], state: "canary" }] }),
      /not a private key/,
    ],
    ["no key that signs", JSON.stringify({ production: [SET[1]] }), /0 active keys in production/],
    ["two keys that sign", JSON.stringify({ production: [SET[0], key("b", "active"), SET[1]] }), /2 active keys/],
    ["no next key", JSON.stringify({ production: [SET[0]] }), /0 next keys in production/],
    ["one key in two environments", JSON.stringify({ production: SET, sandbox: SET }), /a key twice/],
  ])("with %s is refused, and nothing of it is repeated", ([, text, says]) => {
    expect(() => parseSigningKeys(text)).toThrow(says);
    expect(() => parseSigningKeys(text)).not.toThrow(/canary/);
  });
});
