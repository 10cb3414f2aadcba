/**
 * What the next page says after a change. The redirect carries it in a cookie, for one page, once, and only in the session that
 * made the change. So a page that is reloaded or shared says nothing that is no longer true.
 */

import type { Gateway } from "../../config/compile.ts";
import type { Effect } from "../../control/commit.ts";
import { LEASE_MARGIN_MS } from "../../domain/lease.ts";
import { cookieIn, cookieLine } from "../../management/cookies.ts";
import { Notice } from "./parts.tsx";
import type { Visit } from "./visit.ts";

const WORDS = {
  changed: "Saved.",
  disabled: "The key was disabled.",
  enabled: "The key was enabled.",
  revoked: "The key was revoked.",
  secretEnded: "The secret was ended.",
  suspended: "The organization was suspended.",
  activated: "The organization was activated.",
  made: "Created.",
  requested: "Your request was sent. You see the answer here.",
  declined: "The request was declined.",
  removed: "Deleted.",
  ended: "The session has ended.",
  uninvited: "The invitation was revoked. Its link no longer works.",
  repeated: "You sent the same form twice. It was done once. A secret or a link is shown only once.",
} as const;
export type Deed = keyof typeof WORDS;

const COOKIE = "done";
/** From the redirect to the page. */
const LIFE_SECONDS = 60;

/** The time after which the old rights no longer work anywhere. */
export function boundOf({ leaseTtlMs }: Gateway): string {
  return `${(leaseTtlMs + LEASE_MARGIN_MS) / 1000} seconds`;
}

/** Goes to `path`, which says that the change was made. */
export function finish(c: Visit, path: string, deed: Deed, effect?: Effect): Response {
  const pending = effect ? String(effect.isPending) : "";
  const value = encodeURIComponent(JSON.stringify([sessionOf(c), path, deed, pending]));
  c.header("Set-Cookie", cookieLine(COOKIE, value, LIFE_SECONDS), { append: true });
  return c.redirect(path, 303);
}

export function Done({ c }: { c: Visit }) {
  const said = readOnce(c);
  if (!said) return null;
  const { deed, pending } = said;
  return (
    <Notice kind={pending === "true" || deed === "repeated" ? "note" : "good"}>
      {WORDS[deed]} {pending === "false" && `It takes effect everywhere within ${boundOf(c.var.control.gateway)}.`}
      {pending === "true" && "Parts of the gateway do not know of it yet, but will within minutes."}
    </Notice>
  );
}

function readOnce(c: Visit): { deed: Deed; pending: string } | undefined {
  const value = cookieIn(c.req.raw, COOKIE);
  const [session, path, deed, pending] = value === undefined ? [] : partsOf(value);
  if (session !== sessionOf(c) || path !== c.req.path || !Object.hasOwn(WORDS, deed ?? "")) return undefined;
  c.header("Set-Cookie", cookieLine(COOKIE, "", 0), { append: true });
  return { deed: deed as Deed, pending: pending ?? "" };
}

/** Of a cookie that a browser can have changed. */
function partsOf(value: string): string[] {
  try {
    const parts = JSON.parse(decodeURIComponent(value));
    return Array.isArray(parts) ? parts.map(String) : [];
  } catch {
    return [];
  }
}

const sessionOf = (c: Visit) => c.var.visitor?.caller.via ?? c.var.root?.via;
