/** Accounts that do not belong to keys. Several of them may have to agree to a call: each gives a token, or none does. */

import type { PolicyState } from "./lease.ts";
import type { Limits } from "./limits.ts";

export interface Account {
  /** Of the object that holds it. */
  readonly name: string;
  readonly limits: Limits;
}

export type Taken =
  | { readonly kind: "taken"; readonly policies: readonly PolicyState[] }
  | {
      readonly kind: "denied";
      readonly policy: string;
      readonly retryAfterMs: number;
      readonly policies: readonly PolicyState[];
    }
  /** One of the accounts cannot be asked. */
  | { readonly kind: "unavailable" };
