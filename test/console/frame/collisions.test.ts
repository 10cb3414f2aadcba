/** A change that meets a deletion: the deletion comes between the last look of the page and its one batch. */

import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test, vi } from "vitest";
import config from "../../../gateway.config.ts";
import { createGateway } from "../../../src/app.ts";
import type { Env } from "../../../src/env.ts";
import { controlOf } from "../../helpers/control.ts";
import { sessionTokenFor } from "../../helpers/people.ts";
import { instrument, migrate } from "../../helpers/workerd.ts";
import { CONTROL, call, makeKey, makeWorkspace, setUp } from "../../management/call.ts";

beforeAll(migrate);

test("a page says that a record was deleted at the same time, and is no internal error", async () => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  const { organization, workspace, member, keyBody } = await setUp();
  const other = await makeWorkspace(organization.id);
  const key = await makeKey({ ...keyBody, reach: "workspace", workspace_ids: [workspace.id] });
  const token = await sessionTokenFor({ ...controlOf(), now: Date.now }, member.id);
  const { version } = (await env.DB.prepare("SELECT version FROM api_keys WHERE id = ?").bind(key.id).first()) ?? {};
  const DB = instrument(env.DB, async (name, go) => {
    if (name === "batch") await call("DELETE", `/v1/workspaces/${other.id}`);
    return go();
  });
  const form = new URLSearchParams({
    ...{ intent: "save", version: String(version), name: "Key", permission: "full-access", scopes: "signatures:read" },
    workspace_ids: other.id,
  });
  const request = new Request(`${CONTROL}/keys/${key.id}/edit`, {
    method: "POST",
    headers: { Cookie: `__Host-keygate_session=${token}`, Origin: CONTROL },
    body: form,
  });
  const response = await createGateway(config).fetch(
    request,
    { ...env, DB } as unknown as Env,
    createExecutionContext(),
  );
  expect(response.status).toBe(409);
  expect(await response.text()).toContain("A record that the request names was deleted at the same time.");
  expect(response.headers.get("Content-Type")).toContain("text/html");
  expect((await call("GET", `/v1/api-keys/${key.id}`)).body.workspace_ids).toEqual([workspace.id]);
});
