/** Keys as a CSV file: those that are selected, or all that the list shows. https://www.rfc-editor.org/rfc/rfc4180 */

import { Hono } from "hono/tiny";
import { findKeys } from "../../control/access.ts";
import { listKeysFor } from "../../control/keys/list.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { type ManagedKey, renderKey } from "../../records/key.ts";
import type { PageRequest } from "../../store/pages.ts";
import { cellOf } from "../audit/export.ts";
import { sendFile } from "../frame/file.ts";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";
import { chosenIn, type Wanted, wantedBy } from "./chosen.ts";
import { selectedIn, showNoneSelected } from "./selection.tsx";

const COLUMNS = [
  ...(["id", "name", "description", "environment", "hint", "status", "status_reason"] as const),
  ...(["permission", "scopes", "reach", "workspace_ids", "member_id", "plan"] as const),
  ...(["created_at", "last_used_at", "expires_at", "revoked_at"] as const),
];
const BATCH = 500;

export const keyExport = new Hono<ConsoleEnv>()
  .get("/keys/selected/export.csv", async (c) => {
    const ids = selectedIn(c.req.queries("key"));
    if (ids.length === 0) return showNoneSelected(c, c.req.query("back"));
    const keys = await findKeys(c.var.control, c.var.visitor.caller, ids, "api_keys:read");
    return isRefusal(keys) ? showRefusal(c, keys) : send(c, keys, async () => undefined);
  })
  .get("/keys/export.csv", async (c) => {
    const wanted = wantedBy(c, chosenIn(c.req.query()));
    if (isRefusal(wanted)) return showRefusal(c, wanted);
    const next = pagesOf(c, wanted);
    const first = await next();
    return isRefusal(first) ? showRefusal(c, first) : send(c, first ?? [], next);
  });

type Next = () => Promise<readonly ManagedKey[] | Refusal | undefined>;

/** Page by page, from the first one on; `undefined` after the last. */
function pagesOf(c: Visit, { keys, sort }: Wanted): Next {
  let page: PageRequest | undefined = { limit: BATCH, after: undefined };
  return async () => {
    if (!page) return undefined;
    const read = await listKeysFor(c.var.control, c.var.visitor.caller, keys, sort, page);
    if (isRefusal(read)) return read;
    page = read.next && { limit: BATCH, after: read.next };
    return read.items;
  };
}

function send(c: Visit, first: readonly ManagedKey[], next: Next): Response {
  return sendFile<ManagedKey>(c, {
    ...{ name: "api-keys.csv", type: "text/csv; charset=utf-8", header: `${COLUMNS.join(",")}\r\n` },
    ...{ lineOf: (key) => lineOf(c, key), first, next },
  });
}

function lineOf(c: Visit, key: ManagedKey): string {
  const { gateway, now } = c.var.control;
  const shown = renderKey(key, gateway, now());
  const cells = COLUMNS.map((name) => {
    const value = shown[name];
    return cellOf(Array.isArray(value) ? value.join(" ") : String(value ?? ""));
  });
  return `${cells.join(",")}\r\n`;
}
