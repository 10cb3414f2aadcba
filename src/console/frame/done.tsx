/** What a page says after a change and the redirect to it. */

import type { Gateway } from "../../config/compile.ts";
import type { Effect } from "../../control/commit.ts";
import { LEASE_MARGIN_MS } from "../../domain/lease.ts";
import { Notice } from "./parts.tsx";
import type { Visit } from "./visit.ts";

const WORDS = {
  changed: "Saved",
  rotated: "The key has a new secret",
  disabled: "The key is disabled",
  enabled: "The key is enabled again",
  revoked: "The key is revoked",
  made: "Created",
  removed: "Deleted",
  ended: "The session has ended",
} as const;
export type Deed = keyof typeof WORDS;

/** The time after which the old rights no longer work anywhere. */
export function boundOf({ leaseTtlMs }: Gateway): string {
  return `${(leaseTtlMs + LEASE_MARGIN_MS) / 1000} seconds`;
}

/** The path to redirect to. */
export function afterwards(path: string, deed: Deed, effect?: Effect): string {
  return `${path}?done=${deed}${effect ? `&pending=${Number(effect.isPending)}` : ""}`;
}

export function Done({ c }: { c: Visit }) {
  const { done, pending } = c.req.query();
  if (done === "before") {
    return (
      <Notice kind="note">This form was already sent, so nothing was done twice. A secret is shown only once.</Notice>
    );
  }
  if (!done || !Object.hasOwn(WORDS, done)) return null;
  const bound = boundOf(c.var.control.gateway);
  return (
    <Notice kind={pending && pending !== "0" ? "note" : "good"}>
      {WORDS[done as Deed]}. {pending === "0" && `It takes effect everywhere within ${bound}.`}
      {pending && pending !== "0" && "Parts of the gateway do not know of it yet, but will within minutes."}
    </Notice>
  );
}
