import { Hono } from "hono";
import { changeOrganization } from "../control/change-organization.ts";
import { createOrganization } from "../control/create-organization.ts";
import { isRefusal } from "../errors.ts";
import { listOrganizations, readOrganization } from "../store/organizations.ts";
import { effective, type ManagementEnv, pageOf, show } from "./call.ts";
import { parseBody } from "./parse.ts";
import { renderOrganization, renderPage } from "./render.ts";
import { organizationBody, organizationPatch, pageQuery } from "./schemas.ts";

export const organizations = new Hono<ManagementEnv>()
  .post("/", async (c) => {
    const body = await parseBody(c, organizationBody);
    if (isRefusal(body)) return c.var.refuse(body);
    const { name, plan, environments, key_quota: keyQuota } = body;
    const made = await createOrganization(c.var.control, c.var.caller, { name, plan, environments, keyQuota });
    return isRefusal(made) ? c.var.refuse(made) : c.json(renderOrganization(made), 201);
  })
  .get("/", async (c) => {
    const query = pageOf(c, pageQuery);
    if (isRefusal(query)) return c.var.refuse(query);
    return c.json(renderPage(await listOrganizations(c.var.control.db, query.page), renderOrganization));
  })
  .get("/:id", (c) => show(c, "organization", readOrganization, renderOrganization))
  .patch("/:id", async (c) => {
    const body = await parseBody(c, organizationPatch);
    if (isRefusal(body)) return c.var.refuse(body);
    const { key_quota: keyQuota, ...fields } = body;
    const changed = await changeOrganization(c.var.control, c.var.caller, c.req.param("id"), { ...fields, keyQuota });
    if (isRefusal(changed)) return c.var.refuse(changed);
    return effective(c, changed.effect, renderOrganization(changed.organization));
  });
