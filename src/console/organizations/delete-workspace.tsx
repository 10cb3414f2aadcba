/** Deleting a workspace, which can revoke keys. */

import { Hono } from "hono/tiny";
import { checkBelonging, findWorkspace } from "../../control/access.ts";
import { listKeysFor } from "../../control/keys/list.ts";
import { deleteWorkspace } from "../../control/organizations/change-workspace.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import type { Workspace } from "../../records/workspace.ts";
import { ask, checkTyped, NAME_FIELD, TypedName } from "../frame/ask.tsx";
import { boundOf, finish } from "../frame/done.tsx";
import { type Form, readForm } from "../frame/form.ts";
import { Version } from "../frame/kept.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";

export const workspaceDeletion = new Hono<ConsoleEnv>()
  .get("/workspaces/:id/delete", async (c) => {
    const workspace = await find(c);
    return isRefusal(workspace) ? showRefusal(c, workspace) : askFor(c, workspace, undefined, undefined);
  })
  .post("/workspaces/:id/delete", async (c) => {
    const form = await readForm(c.req.raw);
    if (isRefusal(form)) return showRefusal(c, form);
    const workspace = await find(c);
    if (isRefusal(workspace)) return showRefusal(c, workspace);
    const caller = { ...c.var.visitor.caller, ifMatch: [form.text("version")] };
    const deleted =
      ((await hasKeys(c, workspace)) ? checkTyped(form, workspace, "this workspace") : undefined) ??
      (await deleteWorkspace(c.var.control, caller, workspace.id));
    return isRefusal(deleted)
      ? askFor(c, workspace, form, deleted)
      : finish(c, "/workspaces", "removed", deleted.effect);
  });

async function find(c: Visit): Promise<Workspace | Refusal> {
  const { control, visitor } = c.var;
  const workspace = await findWorkspace(control, visitor.caller, c.req.param("id") as string, "workspaces:delete");
  return isRefusal(workspace) ? workspace : (checkBelonging(visitor.caller, workspace.id) ?? workspace);
}

/** Of those that the visitor sees. With others, the deletion is refused. */
async function hasKeys({ var: { control, visitor } }: Visit, { id, organizationId }: Workspace): Promise<boolean> {
  const filter = { organizationId, workspaceId: id, status: "active" as const };
  const keys = await listKeysFor(control, visitor.caller, filter, "created_at", { limit: 1, after: undefined });
  return isRefusal(keys) || keys.items.length > 0;
}

async function askFor(c: Visit, workspace: Workspace, form: Form | undefined, refusal: Refusal | undefined) {
  const inUse = await hasKeys(c, workspace);
  return ask(c, {
    title: "Delete the workspace",
    button: `Delete ${workspace.name}`,
    grave: true,
    refusal,
    fields: inUse ? [NAME_FIELD] : [],
    crumbs: [
      { path: "/workspaces", name: "Workspaces" },
      { path: `/workspaces/${workspace.id}`, name: workspace.name },
    ],
    content: (problems) => (
      <>
        <Version of={workspace} form={form} refusal={refusal} />
        <p>
          Keys and members lose it everywhere within {boundOf(c.var.control.gateway)}. Keys that reach no other
          workspace are revoked for good.
        </p>
        {inUse ? (
          <>
            <p>
              <a href={`/keys?workspace_id=${workspace.id}&status=active`}>See its active keys</a>.
            </p>
            <TypedName of={workspace} problems={problems}>
              Active keys are limited to it. Type its name to continue
            </TypedName>
          </>
        ) : (
          <p>No active key is limited to it.</p>
        )}
      </>
    ),
  });
}
