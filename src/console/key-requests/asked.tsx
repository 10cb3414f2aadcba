/** What members ask for, on the pages of those who can answer. */

import { answersRequests, findOpenRequest, listKeyRequestsFor } from "../../control/keys/requests.ts";
import { isRefusal } from "../../errors.ts";
import { Notice } from "../frame/parts.tsx";
import type { Visit } from "../frame/visit.ts";
import { plural } from "../frame/words.ts";
import { namesOf } from "./list.tsx";

const MAX_COUNT = 20;

/** How many wait for an answer that the visitor can give. */
export async function countWaiting({ var: { control, visitor } }: Visit): Promise<number> {
  if (!answersRequests(visitor.caller)) return 0;
  const wanted = { organizationId: visitor.session.organizationId, isOpen: true };
  const open = await listKeyRequestsFor(control, visitor.caller, wanted, { limit: MAX_COUNT, after: undefined });
  return isRefusal(open) ? 0 : open.items.length;
}

/** On the list of keys. */
export function Waiting({ count }: { count: number }) {
  if (count === 0) return null;
  return (
    <Notice kind="note">
      Members asked for {count === MAX_COUNT ? `${count} keys or more` : plural(count, "key")}.{" "}
      <a href="/key-requests">Answer</a>
    </Notice>
  );
}

/** Above the form by which the key is created. */
export async function Asked({ c, id }: { c: Visit; id: string }) {
  const request = await findOpenRequest(c.var.control, c.var.visitor.caller, id);
  if (isRefusal(request)) return null;
  const who = (await namesOf(c, [request]))(request.memberId);
  return (
    <Notice kind="note">
      <strong>{who}</strong> asked for this key. It will be yours, and you see its secret once: give it to them in a
      safe way.
    </Notice>
  );
}
