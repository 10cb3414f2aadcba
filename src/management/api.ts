/** The management API: each handler parses, calls one verb, renders. */

import { type Context, Hono } from "hono";
import type { z } from "zod";
import type { Caller, Control } from "../control/control.ts";
import { createKey } from "../control/create-key.ts";
import { createMember } from "../control/create-member.ts";
import { createOrganization } from "../control/create-organization.ts";
import { createWorkspace } from "../control/create-workspace.ts";
import { revokeKey } from "../control/revoke-key.ts";
import { notFound } from "../control/validation.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import { listKeys, readKey } from "../store/keys.ts";
import { listMembers, readMember } from "../store/members.ts";
import { listOrganizations, readOrganization } from "../store/organizations.ts";
import type { PageRequest } from "../store/pages.ts";
import { listWorkspaces, readWorkspace } from "../store/workspaces.ts";
import { type PageQuery, readPage } from "./paging.ts";
import { parseBody, parseQuery } from "./parse.ts";
import { renderKey, renderMember, renderOrganization, renderPage, renderWorkspace } from "./render.ts";
import * as schemas from "./schemas.ts";

export interface ManagementEnv {
  Variables: { control: Control; caller: Caller; refuse: (refusal: Refusal) => Response };
}
type Call = Context<ManagementEnv>;

export const managementApi = new Hono<ManagementEnv>()
  .post("/organizations", async (c) => {
    const body = await parseBody(c, schemas.organizationBody);
    if (isRefusal(body)) return c.var.refuse(body);
    const { name, plan, environments, key_quota: keyQuota } = body;
    const made = await createOrganization(c.var.control, c.var.caller, { name, plan, environments, keyQuota });
    return isRefusal(made) ? c.var.refuse(made) : c.json(renderOrganization(made), 201);
  })
  .get("/organizations", async (c) => {
    const query = pageOf(c, schemas.pageQuery);
    if (isRefusal(query)) return c.var.refuse(query);
    return c.json(renderPage(await listOrganizations(c.var.control.db, query.page), renderOrganization));
  })
  .get("/organizations/:id", async (c) => show(c, "organization", readOrganization, renderOrganization))

  .post("/workspaces", async (c) => {
    const body = await parseBody(c, schemas.workspaceBody);
    if (isRefusal(body)) return c.var.refuse(body);
    const made = await createWorkspace(c.var.control, c.var.caller, {
      organizationId: body.organization_id,
      name: body.name,
    });
    return isRefusal(made) ? c.var.refuse(made) : c.json(renderWorkspace(made), 201);
  })
  .get("/workspaces", async (c) => {
    const query = pageOf(c, schemas.organizationPageQuery);
    if (isRefusal(query)) return c.var.refuse(query);
    return c.json(
      renderPage(await listWorkspaces(c.var.control.db, query.organization_id, query.page), renderWorkspace),
    );
  })
  .get("/workspaces/:id", async (c) => show(c, "workspace", readWorkspace, renderWorkspace))

  .post("/members", async (c) => {
    const body = await parseBody(c, schemas.memberBody);
    if (isRefusal(body)) return c.var.refuse(body);
    const { organization_id: organizationId, email, name, role, workspace_ids: workspaceIds } = body;
    const made = await createMember(c.var.control, c.var.caller, { organizationId, email, name, role, workspaceIds });
    return isRefusal(made) ? c.var.refuse(made) : c.json(renderMember(made), 201);
  })
  .get("/members", async (c) => {
    const query = pageOf(c, schemas.organizationPageQuery);
    if (isRefusal(query)) return c.var.refuse(query);
    return c.json(renderPage(await listMembers(c.var.control.db, query.organization_id, query.page), renderMember));
  })
  .get("/members/:id", async (c) => show(c, "member", readMember, renderMember))

  .post("/api-keys", async (c) => {
    const body = await parseBody(c, schemas.keyBody);
    if (isRefusal(body)) return c.var.refuse(body);
    const made = await createKey(c.var.control, c.var.caller, {
      organizationId: body.organization_id,
      memberId: body.member_id,
      environment: body.environment,
      reach: body.reach,
      workspaceIds: body.workspace_ids,
      permission: body.permission,
      scopes: body.scopes,
      name: body.name,
      description: body.description,
      expiresAt: body.expires_at === null ? null : Date.parse(body.expires_at),
      plan: body.plan,
      limits: body.limits,
      allowedAddresses: body.allowed_addresses,
    });
    if (isRefusal(made)) return c.var.refuse(made);
    return c.json({ ...renderKey(made.key, c.var.control.now()), secret: made.secret }, 201, {
      "Cache-Control": "no-store",
    });
  })
  .get("/api-keys", async (c) => {
    const query = pageOf(c, schemas.keyPageQuery);
    if (isRefusal(query)) return c.var.refuse(query);
    const filter = { organizationId: query.organization_id, environment: query.environment };
    const now = c.var.control.now();
    return c.json(renderPage(await listKeys(c.var.control.db, filter, query.page), (key) => renderKey(key, now)));
  })
  .get("/api-keys/:id", async (c) => show(c, "key", readKey, (key) => renderKey(key, c.var.control.now())))
  .post("/api-keys/:id/revoke", async (c) => {
    const body = await parseBody(c, schemas.revocationBody);
    if (isRefusal(body)) return c.var.refuse(body);
    const revoked = await revokeKey(c.var.control, c.var.caller, c.req.param("id"), body.reason);
    if (isRefusal(revoked)) return c.var.refuse(revoked);
    return c.json(renderKey(revoked.key, c.var.control.now()), revoked.told ? 200 : 202);
  });

async function show<T extends object>(
  c: Call,
  what: string,
  read: (db: D1Database, id: string) => Promise<T | undefined>,
  render: (record: T) => object,
): Promise<Response> {
  const id = c.req.param("id") as string;
  const record = await read(c.var.control.db, id);
  return record ? c.json(render(record)) : c.var.refuse(notFound(what, id));
}

function pageOf<Q extends PageQuery>(c: Call, schema: z.ZodType<Q>): (Q & { page: PageRequest }) | Refusal {
  const query = parseQuery(c, schema);
  if (isRefusal(query)) return query;
  const page = readPage(query);
  return isRefusal(page) ? page : { ...query, page };
}
