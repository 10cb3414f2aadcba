/** Usage as a CSV file: of one key, or of all keys that the visitor manages. https://www.rfc-editor.org/rfc/rfc4180 */

import { Hono } from "hono/tiny";
import { findKey } from "../../control/access.ts";
import { readUsage } from "../../control/keys/usage.ts";
import { isRefusal } from "../../errors.ts";
import { cellOf } from "../audit/export.ts";
import { lastDays } from "../frame/period.ts";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";

const COLUMNS = ["day", "key", "environment", "route", "outcome"] as const;
const MAX_DAYS = 90;

export const usageExport = new Hono<ConsoleEnv>()
  .get("/keys/usage.csv", (c) => send(c, undefined))
  .get("/keys/:id/usage.csv", async (c) => {
    const key = await findKey(c.var.control, c.var.visitor.caller, c.req.param("id"), "api_keys:read");
    return isRefusal(key) ? showRefusal(c, key) : send(c, key.id);
  });

async function send(c: Visit, keyId: string | undefined): Promise<Response> {
  const { control, visitor } = c.var;
  const asked = Number(c.req.query("days"));
  const days = Number.isInteger(asked) && asked >= 1 && asked <= MAX_DAYS ? asked : MAX_DAYS;
  const { from, to } = lastDays(days, control.now());
  const { organizationId } = visitor.session;
  const environment = c.req.query("environment") || undefined;
  const wanted = { organizationId, keyId, environment, from, to, groupBy: COLUMNS };
  const sums = await readUsage(control, visitor.caller, wanted);
  if (isRefusal(sums)) return showRefusal(c, sums);
  const lines = sums.map(({ group, requests }) =>
    [...COLUMNS.map((name) => cellOf(name === "day" ? dayOf(Number(group.day)) : String(group[name]))), requests].join(
      ",",
    ),
  );
  return c.body(`${[[...COLUMNS, "requests"].join(","), ...lines].join("\r\n")}\r\n`, 200, {
    "Content-Type": "text/csv; charset=utf-8",
    "Content-Disposition": `attachment; filename="usage.csv"`,
  });
}

const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);
