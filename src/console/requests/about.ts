/** What a visitor writes who asks why: a request's id, some of a key, a URL or a path. Pasted text can be a whole secret. */

import { listKeysFor } from "../../control/keys/list.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { ManagedKey } from "../../records/key.ts";
import { withoutSecret } from "../frame/pasted.ts";
import type { Visit } from "../frame/visit.ts";

export type About =
  | { readonly kind: "request"; readonly id: string }
  /** `url`: a URL or a path, as it was written. */
  | { readonly kind: "url"; readonly method: string; readonly url: string }
  | { readonly kind: "key"; readonly text: string };

export function readAbout(text: string): About {
  const [, id] = /(?:^|\W)(req_\w+)/.exec(text) ?? [];
  if (id !== undefined) return { kind: "request", id };
  const [, method = "GET", target = ""] = /^(?:([A-Z]+)\s+)?(\S+)$/.exec(text) ?? [];
  return /^(?:https?:\/)?\//i.test(target) ? { kind: "url", method, url: target } : { kind: "key", text };
}

/** One more is as good as many. */
const MAX_KEYS = 10;

/** By its id, name, description or last four characters: the latest used first. */
export async function keysLike(c: Visit, text: string): Promise<readonly ManagedKey[] | Refusal> {
  const { control, visitor } = c.var;
  const wanted = { organizationId: visitor.session.organizationId, q: withoutSecret(text) };
  const found = await listKeysFor(control, visitor.caller, wanted, "-last_used_at", {
    limit: MAX_KEYS,
    after: undefined,
  });
  if (isRefusal(found)) return found;
  const exact = found.items.filter(({ id, name }) => id === text || name === text);
  return exact.length === 1 ? exact : found.items;
}
