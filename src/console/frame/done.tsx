/** What a page says after a change was made and the browser sent on to it. */

import type { Gateway } from "../../config/compile.ts";
import type { Effect } from "../../control/commit.ts";
import { LEASE_MARGIN_MS } from "../../domain/lease.ts";
import { Notice } from "./parts.tsx";
import type { Visit } from "./visit.ts";

const WORDS = {
  changed: "The change is saved",
  rotated: "The key has a new secret",
  disabled: "The key is disabled",
  enabled: "The key is enabled again",
  revoked: "The key is revoked, for good",
  made: "It is made",
  removed: "It is gone",
  ended: "The session has ended",
} as const;
export type Deed = keyof typeof WORDS;

/** After how many seconds nobody acts on the rights of before. */
export function boundOf({ leaseTtlMs }: Gateway): string {
  return `${(leaseTtlMs + LEASE_MARGIN_MS) / 1000} seconds`;
}

/** The path to go on to. */
export function afterwards(path: string, deed: Deed, effect?: Effect): string {
  return `${path}?done=${deed}${effect ? `&pending=${Number(effect.isPending)}` : ""}`;
}

export function Done({ c }: { c: Visit }) {
  const { done, pending } = c.req.query();
  if (done === "before") {
    return (
      <Notice kind="note">
        This was done before; nothing was done twice. A secret is shown once and cannot be shown again.
      </Notice>
    );
  }
  if (!done || !Object.hasOwn(WORDS, done)) return null;
  const bound = boundOf(c.var.control.gateway);
  return (
    <Notice kind={pending && pending !== "0" ? "note" : "good"}>
      {WORDS[done as Deed]}. {pending === "0" && `It is effective everywhere within ${bound}.`}
      {pending && pending !== "0" && "Some of the gateway has yet to hear of it, and will within minutes."}
    </Notice>
  );
}
