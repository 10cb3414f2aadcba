import { Hono } from "hono";
import { changeMember, removeMember } from "../control/change-member.ts";
import { createMember } from "../control/create-member.ts";
import { isRefusal } from "../errors.ts";
import { listMembers, readMember } from "../store/members.ts";
import { effective, type ManagementEnv, pageOf, show } from "./call.ts";
import { parseBody } from "./parse.ts";
import { renderMember, renderPage } from "./render.ts";
import { memberBody, memberPatch, organizationPageQuery } from "./schemas.ts";

export const members = new Hono<ManagementEnv>()
  .post("/", async (c) => {
    const body = await parseBody(c, memberBody);
    if (isRefusal(body)) return c.var.refuse(body);
    const { organization_id: organizationId, email, name, role, workspace_ids: workspaceIds } = body;
    const made = await createMember(c.var.control, c.var.caller, { organizationId, email, name, role, workspaceIds });
    return isRefusal(made) ? c.var.refuse(made) : c.json(renderMember(made), 201);
  })
  .get("/", async (c) => {
    const query = pageOf(c, organizationPageQuery);
    if (isRefusal(query)) return c.var.refuse(query);
    const page = await listMembers(c.var.control.db, query.organization_id, query.page);
    return c.json(renderPage(page, renderMember));
  })
  .get("/:id", (c) => show(c, "member", readMember, renderMember))
  .patch("/:id", async (c) => {
    const body = await parseBody(c, memberPatch);
    if (isRefusal(body)) return c.var.refuse(body);
    const { name, role, workspace_ids: workspaceIds } = body;
    const changed = await changeMember(c.var.control, c.var.caller, c.req.param("id"), { name, role, workspaceIds });
    return isRefusal(changed) ? c.var.refuse(changed) : effective(c, changed.effect, renderMember(changed.member));
  })
  .delete("/:id", async (c) => {
    const removed = await removeMember(c.var.control, c.var.caller, c.req.param("id"));
    return isRefusal(removed) ? c.var.refuse(removed) : effective(c, removed.effect, renderMember(removed.member));
  });
