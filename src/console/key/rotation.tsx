/** A new secret for a key, and when the old one ends. */

import { rotateKey } from "../../control/keys/rotate.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { rotationBody } from "../../management/wire/keys.ts";
import type { ManagedKey } from "../../records/key.ts";
import { boundOf } from "../frame/done.tsx";
import { Field, Options } from "../frame/fields.tsx";
import { type Form, wholeNumberIn } from "../frame/form.ts";
import { Attempt, onceOfForm } from "../frame/once.tsx";
import type { Visit } from "../frame/visit.ts";
import { momentOf } from "../frame/words.ts";
import { type ControlsProps, checkName, NameOfKey } from "./name-of-key.tsx";
import { showSecret } from "./secret-page.tsx";

const GRACES = [
  ["0", "none: the old secret stops working now"],
  ["3600", "1 hour"],
  ["86400", "1 day"],
  ["604800", "7 days"],
  ["2592000", "30 days"],
] as const;

export function Rotation({ c, keyOf: key, form, problems }: ControlsProps) {
  return (
    <>
      <Attempt c={c} />
      <Field
        name="grace_seconds"
        label="Grace period"
        hint="How long the old secret keeps working."
        problem={problems.get("grace_seconds")}
      >
        <select>
          <Options options={GRACES} chosen={form?.text("grace_seconds") || "86400"} />
        </select>
      </Field>
      <NameOfKey c={c} keyOf={key} problems={problems} why="To end the old secret now, type the key's name" />
    </>
  );
}

export async function rotate(c: Visit, key: ManagedKey, form: Form): Promise<Response | Refusal> {
  const { control } = c.var;
  const text = form.text("grace_seconds");
  const rotated = await onceOfForm(c, form, (caller) => {
    const body = check(rotationBody, { grace_seconds: wholeNumberIn(text) });
    if (isRefusal(body)) return Promise.resolve(body);
    const refusal = body.grace_seconds === 0 ? checkName(c, key, form) : undefined;
    return refusal ? Promise.resolve(refusal) : rotateKey(control, caller, key.id, body.grace_seconds);
  });
  if (rotated instanceof Response) return rotated;
  if (isRefusal(rotated)) {
    return rotated.code === "idempotency_key_reused" ? { code: "conflict", problem: ROTATED_BEFORE } : rotated;
  }
  const grace = Number(text);
  const end = rotated.effect.isPending
    ? "within minutes: parts of the gateway do not know of it yet"
    : `within ${boundOf(control.gateway)}`;
  const before =
    grace === 0
      ? `The old secret stops working ${end}.`
      : `The old secret works until ${momentOf(Math.min(control.now() + grace * 1000, rotated.key.expiresAt))}.`;
  return showSecret(c, { key: rotated.key, secret: rotated.secret, title: "The new secret", before });
}

const ROTATED_BEFORE =
  "This form was sent before, with another grace period. The key got a new secret then, and nothing was done this time.";
