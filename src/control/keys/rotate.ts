import { DAY_SECONDS } from "../../domain/durations.ts";
import { generateSecret, hintOf } from "../../domain/secret.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { endSecrets, type ManagedKey, secretsOf, workingSecretsOf } from "../../records/key.ts";
import { secretRotation } from "../../store/key-rotation.ts";
import { findKey, forbidden } from "../access.ts";
import type { Caller, Control } from "../control.ts";
import { invalid } from "../validation.ts";
import { type ChangedKey, checkLiving, commitKeyChange } from "./commit-change.ts";
import { checkGrant } from "./grants.ts";

export interface RotatedKey extends ChangedKey {
  /** Known only now. Afterwards only its holder knows it. */
  readonly secret: string;
}

/** How long an old secret can keep working next to the new one. */
export const MAX_GRACE_SECONDS = 30 * DAY_SECONDS;
/** Of one key at one time: the newest, and older ones in their grace. */
const MAX_SECRETS = 5;

const NOT_CONFIGURED = "The key's environment is not in the configuration, so a new secret could not work.";

/** A new secret of the same key: one id, one count. The old ones end after the grace. */
export async function rotateKey(
  control: Control,
  caller: Caller,
  id: string,
  graceSeconds: number,
): Promise<RotatedKey | Refusal> {
  const { db, gateway } = control;
  const key = await findKey(control, caller, id, "api_keys:write");
  if (isRefusal(key)) return key;
  const refusal =
    (graceSeconds > MAX_GRACE_SECONDS ? invalid("grace_seconds", `must be at most ${MAX_GRACE_SECONDS}`) : undefined) ??
    checkLiving(control, caller, key) ??
    checkActing(control, caller, key) ??
    (await checkGrant(control, caller, key)) ??
    checkSecrets(control, key, graceSeconds);
  if (refusal) return refusal;
  const prefix = gateway.environments[key.environment]?.keyPrefix;
  if (prefix === undefined) return { code: "conflict", problem: NOT_CONFIGURED };
  const secret = generateSecret(prefix, control.randomBytes);
  const at = control.now();
  const version = control.newId("ver");
  const [pepper] = control.peppers;
  const hint = hintOf(secret);
  const oldEndAt = at + graceSeconds * 1000;
  // The time tells the secrets of a key apart.
  const createdAt = Math.max(at, (secretsOf(key)[0]?.createdAt ?? 0) + 1);
  const added = { hash: await pepper.hash(secret), pepperId: pepper.id, hint, createdAt };
  const secretRows = [...endSecrets(key.secretRows, oldEndAt, () => true), { hint, createdAt, expiresAt: null }];
  const rotated = await commitKeyChange(
    control,
    caller,
    { ...key, hint, secretRows, version },
    { action: "api_key.rotated", details: { graceSeconds, hint } },
    secretRotation(db, { keyId: id, from: key.version, version, at, oldEndAt, added }),
  );
  return isRefusal(rotated) ? rotated : { ...rotated, secret };
}

/** Who gets a key's new secret acts as its member from then on. */
function checkActing({ gateway }: Control, { standing }: Caller, key: ManagedKey): Refusal | undefined {
  if (standing.kind === "root" || gateway.policy.actAs === "organization") return undefined;
  if (key.memberId === standing.memberId || standing.scopes.has("members:write")) return undefined;
  return forbidden("The key acts as another member. That member, or a person who manages members, can rotate it.");
}

/** Each of them opens the key, and every lease carries all of them. */
function checkSecrets({ now }: Control, key: ManagedKey, graceSeconds: number): Refusal | undefined {
  if (graceSeconds === 0 || workingSecretsOf(key, now()).length < MAX_SECRETS) return undefined;
  const problem = `The key already has ${MAX_SECRETS} secrets that work. End one of them first, or end all with grace_seconds 0.`;
  return { code: "conflict", problem, field: "grace_seconds" };
}
