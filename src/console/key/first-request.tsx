/** Whether a new key was used: the page that waits for it asks every few seconds. */

import { Hono } from "hono/tiny";
import { findKey } from "../../control/access.ts";
import { withLastUse } from "../../control/keys/last-use.ts";
import { isRefusal } from "../../errors.ts";
import type { ConsoleEnv } from "../frame/visit.ts";
import { momentOf } from "../frame/words.ts";

export const firstRequest = new Hono<ConsoleEnv>().get("/keys/:id/first-request", async (c) => {
  const { control, visitor } = c.var;
  const key = await findKey(control, visitor.caller, c.req.param("id"), "api_keys:read");
  if (isRefusal(key)) return c.var.refuse(key);
  const { lastUsedAt } = await withLastUse(control, key);
  return c.json(lastUsedAt === null ? null : `The first request was seen on ${momentOf(lastUsedAt)}.`);
});

interface Props {
  readonly keyId: string;
  /** Where the visitor sees it without script. */
  readonly check: string;
  /** The visitor is not to leave this page. */
  readonly isApart?: true;
}

export function FirstRequest({ keyId, check, isApart }: Props) {
  return (
    <p class="notice wait" role="status" data-wait={`/keys/${keyId}/first-request`}>
      <strong>Waiting for the first request…</strong>{" "}
      <span>
        It shows about ten seconds after it was sent.{" "}
        <a href={check} target={isApart && "_blank"}>
          Check now
        </a>
      </span>
    </p>
  );
}
