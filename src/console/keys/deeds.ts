/** What can be done with several keys at once. */

import type { Caller, Control } from "../../control/control.ts";
import type { ChangedKey } from "../../control/keys/commit-change.ts";
import { revokeKey } from "../../control/keys/revoke.ts";
import { disableKey } from "../../control/keys/switch.ts";
import type { Refusal } from "../../errors.ts";
import type { Form } from "../frame/form.ts";
import type { FormField } from "../frame/mistakes.tsx";

export interface Deed {
  readonly title: (keys: string) => string;
  readonly button: (keys: string) => string;
  readonly done: string;
  readonly grave: boolean;
  readonly effect: (bound: string) => string;
  readonly fields: readonly FormField[];
  readonly scope: "api_keys:write" | "api_keys:delete";
  readonly verb: (control: Control, caller: Caller, id: string, form: Form) => Promise<ChangedKey | Refusal>;
}

export const DEEDS: Readonly<Record<string, Deed>> = {
  disable: {
    title: (keys) => `Disable ${keys}`,
    button: (keys) => `Disable ${keys}`,
    done: "disabled",
    grave: false,
    effect: (bound) => `Requests with them are refused everywhere within ${bound}, until someone enables them again.`,
    fields: [],
    scope: "api_keys:write",
    verb: disableKey,
  },
  revoke: {
    title: (keys) => `Revoke ${keys}`,
    button: (keys) => `Revoke ${keys} for good`,
    done: "revoked",
    grave: true,
    effect: (bound) =>
      `Requests with them are refused everywhere within ${bound}, and open streams end within 30 seconds. This is final: revoked keys cannot be restored.`,
    fields: [
      { id: "reason", label: "Reason" },
      { id: "count", label: "Number of keys" },
    ],
    scope: "api_keys:delete",
    verb: (control, caller, id, form) => revokeKey(control, caller, id, form.textOrNull("reason")),
  },
};
