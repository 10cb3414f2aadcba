import { isRefusal, type Refusal } from "../../errors.ts";
import { endSecrets, secretsOf } from "../../records/key.ts";
import { secretEnd } from "../../store/key-rotation.ts";
import { findKey } from "../access.ts";
import { earlierEffect } from "../commit.ts";
import type { Caller, Control } from "../control.ts";
import { notFound } from "../validation.ts";
import { type ChangedKey, checkLiving, commitKeyChange } from "./commit-change.ts";

const IS_NEWEST = "The key's newest secret cannot be ended alone. Rotate the key with grace_seconds 0, or revoke it.";

/** Ends an old secret of a key before its grace period does. The others keep working. */
export async function endSecret(
  control: Control,
  caller: Caller,
  id: string,
  secretId: string,
): Promise<ChangedKey | Refusal> {
  const key = await findKey(control, caller, id, "api_keys:write");
  if (isRefusal(key)) return key;
  const refusal = checkLiving(control, caller, key);
  if (refusal) return refusal;
  const [newest, ...older] = secretsOf(key);
  if (secretId === newest?.id) return { code: "conflict", problem: IS_NEWEST };
  const secret = older.find((one) => one.id === secretId);
  if (!secret) return notFound("secret");
  const at = control.now();
  const { createdAt, expiresAt, hint } = secret;
  if (expiresAt !== null && expiresAt <= at) return { key, effect: await earlierEffect(control, { key: id }) };
  const version = control.newId("ver");
  const secretRows = endSecrets(key.secretRows, at, (time) => time === createdAt);
  // A change that takes rights away does not yield to a concurrent change, unless it is for one version only.
  const from = caller.ifMatch && key.version;
  return commitKeyChange(
    control,
    caller,
    { ...key, secretRows, version },
    { action: "api_key.secret_ended", details: { secret: secretId, hint } },
    secretEnd(control.db, { keyId: id, from, version, createdAt, at }),
  );
}
