/** The management API: every operation there is. */

import { Hono } from "hono/tiny";
import { apiKeys } from "./api-keys.ts";
import { auditEvents } from "./audit-events.ts";
import type { CallKind } from "./call-limits.ts";
import { changes } from "./changes.ts";
import { dispatch, type ManagementEnv } from "./dispatch.ts";
import { imports } from "./import.ts";
import { insight } from "./insight.ts";
import { keyLimits } from "./key-limits.ts";
import { keyRequests } from "./key-requests.ts";
import { latency } from "./latency.ts";
import { members } from "./members.ts";
import type { Operation } from "./operation.ts";
import { organizations } from "./organizations.ts";
import { peppers } from "./peppers.ts";
import { requests } from "./requests.ts";
import { sessions } from "./sessions.ts";
import { status } from "./status.ts";
import { traffic } from "./traffic.ts";
import { usage } from "./usage.ts";
import { workspaces } from "./workspaces.ts";

export const operations: readonly Operation[] = [
  ...organizations,
  ...workspaces,
  ...members,
  ...sessions,
  ...apiKeys,
  ...keyRequests,
  ...keyLimits,
  ...imports,
  ...insight,
  ...usage,
  ...traffic,
  ...latency,
  ...requests,
  ...auditEvents,
  ...changes,
  ...peppers,
  ...status,
];

const KINDS = { get: "read", delete: "end", post: "change", patch: "change" } as const;
const PATTERNS = operations.map(({ name, method, path, kind }) => ({
  name,
  method,
  path: new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}$`),
  kind: kind ?? KINDS[method],
}));

/** What a call asks for, and what it is counted as; one of no operation as a read, since that is all it costs. */
export function callOf(method: string, path: string): { name: string | undefined; kind: CallKind } {
  const lower = method.toLowerCase();
  const found = PATTERNS.find((operation) => operation.method === lower && operation.path.test(path));
  return found ?? { name: undefined, kind: "read" };
}

export function managementApi(): Hono<ManagementEnv> {
  const api = new Hono<ManagementEnv>();
  for (const operation of operations) {
    api.on(operation.method, operation.path, (c) => dispatch(c, operation));
  }
  api.get("/v1/openapi.json", async (c) => c.json(await c.var.readDocument()));
  for (const path of new Set(operations.map(({ path }) => path))) {
    const allow = operations.filter((operation) => operation.path === path).map(({ method }) => method.toUpperCase());
    api.all(path, (c) => c.var.refuse({ code: "method_not_allowed", allow }));
  }
  return api;
}
