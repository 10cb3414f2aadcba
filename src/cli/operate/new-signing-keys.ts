/** Creates keys that sign assertions, on this machine. */

import { generateKeyPairSync, randomBytes } from "node:crypto";
import type { SigningKey, SigningKeyState, SigningKeys } from "../../domain/signing-keys.ts";

/** Its id starts with the day of its creation, for operators. */
export function newSigningKey(state: SigningKeyState = "next"): SigningKey {
  const { x, y, d } = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });
  const kid = `${new Date().toISOString().slice(0, 10)}-${randomBytes(6).toString("base64url")}`;
  return { kty: "EC", crv: "P-256", x: x as string, y: y as string, d: d as string, kid, state };
}

/** For each environment, one that signs and one that is published in advance. */
export function newSigningKeys(environments: readonly string[]): SigningKeys {
  return Object.fromEntries(environments.map((name) => [name, [newSigningKey("active"), newSigningKey("next")]]));
}
