import { Hono } from "hono";
import { changeKey } from "../control/change-key.ts";
import type { ChangedKey } from "../control/changed-key.ts";
import { createKey } from "../control/create-key.ts";
import { revokeKey } from "../control/revoke-key.ts";
import { disableKey, enableKey } from "../control/switch-key.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import { listKeys, readKey } from "../store/keys.ts";
import { type Call, effective, type ManagementEnv, pageOf, show } from "./call.ts";
import { parseBody } from "./parse.ts";
import { renderKey, renderPage } from "./render.ts";
import { emptyBody, keyBody, keyPageQuery, keyPatch, revocationBody } from "./schemas.ts";

export const apiKeys = new Hono<ManagementEnv>()
  .post("/", async (c) => {
    const body = await parseBody(c, keyBody);
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
    const rendered = { ...renderKey(made.key, c.var.control.now()), secret: made.secret };
    return c.json(rendered, 201, { "Cache-Control": "no-store" });
  })
  .get("/", async (c) => {
    const query = pageOf(c, keyPageQuery);
    if (isRefusal(query)) return c.var.refuse(query);
    const filter = { organizationId: query.organization_id, environment: query.environment };
    const now = c.var.control.now();
    return c.json(renderPage(await listKeys(c.var.control.db, filter, query.page), (key) => renderKey(key, now)));
  })
  .get("/:id", (c) => show(c, "key", readKey, (key) => renderKey(key, c.var.control.now())))
  .patch("/:id", async (c) => {
    const body = await parseBody(c, keyPatch);
    if (isRefusal(body)) return c.var.refuse(body);
    const { workspace_ids: workspaceIds, expires_at, allowed_addresses: allowedAddresses, ...fields } = body;
    const expiresAt = expires_at === undefined ? undefined : Date.parse(expires_at);
    const change = { ...fields, workspaceIds, expiresAt, allowedAddresses };
    return answer(c, await changeKey(c.var.control, c.var.caller, c.req.param("id"), change));
  })
  .post("/:id/revoke", async (c) => {
    const body = await parseBody(c, revocationBody);
    if (isRefusal(body)) return c.var.refuse(body);
    return answer(c, await revokeKey(c.var.control, c.var.caller, c.req.param("id"), body.reason));
  })
  .post("/:id/disable", async (c) => {
    const body = await parseBody(c, emptyBody);
    return isRefusal(body)
      ? c.var.refuse(body)
      : answer(c, await disableKey(c.var.control, c.var.caller, c.req.param("id")));
  })
  .post("/:id/enable", async (c) => {
    const body = await parseBody(c, emptyBody);
    return isRefusal(body)
      ? c.var.refuse(body)
      : answer(c, await enableKey(c.var.control, c.var.caller, c.req.param("id")));
  });

function answer(c: Call, changed: ChangedKey | Refusal): Response {
  if (isRefusal(changed)) return c.var.refuse(changed);
  return effective(c, changed.effect, renderKey(changed.key, c.var.control.now()));
}
