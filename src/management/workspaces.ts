import { Hono } from "hono";
import { createWorkspace } from "../control/create-workspace.ts";
import { isRefusal } from "../errors.ts";
import { listWorkspaces, readWorkspace } from "../store/workspaces.ts";
import { type ManagementEnv, pageOf, show } from "./call.ts";
import { parseBody } from "./parse.ts";
import { renderPage, renderWorkspace } from "./render.ts";
import { organizationPageQuery, workspaceBody } from "./schemas.ts";

export const workspaces = new Hono<ManagementEnv>()
  .post("/", async (c) => {
    const body = await parseBody(c, workspaceBody);
    if (isRefusal(body)) return c.var.refuse(body);
    const { organization_id: organizationId, name } = body;
    const made = await createWorkspace(c.var.control, c.var.caller, { organizationId, name });
    return isRefusal(made) ? c.var.refuse(made) : c.json(renderWorkspace(made), 201);
  })
  .get("/", async (c) => {
    const query = pageOf(c, organizationPageQuery);
    if (isRefusal(query)) return c.var.refuse(query);
    const page = await listWorkspaces(c.var.control.db, query.organization_id, query.page);
    return c.json(renderPage(page, renderWorkspace));
  })
  .get("/:id", (c) => show(c, "workspace", readWorkspace, renderWorkspace));
