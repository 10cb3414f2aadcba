/** What every handler of the management API works with. */

import type { Context } from "hono";
import type { z } from "zod";
import type { Effect } from "../control/commit.ts";
import type { Caller, Control } from "../control/control.ts";
import { notFound } from "../control/validation.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import type { PageRequest } from "../store/pages.ts";
import { type PageQuery, readPage } from "./paging.ts";
import { parseQuery } from "./parse.ts";

export interface ManagementEnv {
  Variables: { control: Control; caller: Caller; refuse: (refusal: Refusal) => Response };
}

export type Call = Context<ManagementEnv>;

export async function show<T extends object>(
  c: Call,
  what: string,
  read: (db: D1Database, id: string) => Promise<T | undefined>,
  render: (record: T) => object,
): Promise<Response> {
  const id = c.req.param("id") as string;
  const record = await read(c.var.control.db, id);
  return record ? c.json(render(record)) : c.var.refuse(notFound(what));
}

export function pageOf<Q extends PageQuery>(c: Call, schema: z.ZodType<Q>): (Q & { page: PageRequest }) | Refusal {
  const query = parseQuery(c, schema);
  if (isRefusal(query)) return query;
  const page = readPage(query);
  return isRefusal(page) ? page : { ...query, page };
}

/** 200 once the change is in force for every authority; until then 202, and where to see how it goes on. */
export function effective(c: Call, { changeId, pending }: Effect, body: object): Response {
  if (pending === 0) return c.json(body, 200);
  return c.json(body, 202, { Location: `/v1/changes/${changeId}` });
}
