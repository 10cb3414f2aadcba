/** Who stops a key that is in use types its name. */

import { DAY_MS } from "../../domain/durations.ts";
import type { Refusal } from "../../errors.ts";
import type { ManagedKey } from "../../records/key.ts";
import { checkTyped, TypedName } from "../frame/ask.tsx";
import type { Form } from "../frame/form.ts";
import type { Problems } from "../frame/mistakes.tsx";
import type { Visit } from "../frame/visit.ts";
import { agoOf } from "../frame/words.ts";

export interface ControlsProps {
  readonly c: Visit;
  readonly keyOf: ManagedKey;
  readonly form: Form | undefined;
  readonly problems: Problems;
}

/** Nobody stops a key used in these last days without typing its name. */
const IN_USE_MS = 7 * DAY_MS;
const isInUse = (key: ManagedKey, now: number) => key.lastUsedAt !== null && now - key.lastUsedAt < IN_USE_MS;

export function NameOfKey({ c, keyOf: key, problems, why }: Omit<ControlsProps, "form"> & { why: string }) {
  const now = c.var.control.now();
  if (!isInUse(key, now)) return null;
  return (
    <TypedName of={key} problems={problems}>
      {`It was used ${agoOf(key.lastUsedAt ?? now, now)}. ${why}`}
    </TypedName>
  );
}

export function checkName(c: Visit, key: ManagedKey, form: Form): Refusal | undefined {
  return isInUse(key, c.var.control.now()) ? checkTyped(form, key, "this key") : undefined;
}
