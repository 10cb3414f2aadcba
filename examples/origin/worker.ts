/**
 * A small signatures API behind the gateway. It knows nothing of keys: the gateway's assertion says who calls, and
 * proves it.
 */

import { env } from "cloudflare:workers";
import { type Context, Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { HTTPException } from "hono/http-exception";
import { honoAssertion } from "../../src/origin/hono.ts";
import { mayReachWorkspace, type Principal } from "../../src/origin/index.ts";
import type { Sight, SignatureStore } from "./store.ts";

export { SignatureStore } from "./store.ts";

interface Types {
  Bindings: { SIGNATURES: DurableObjectNamespace<SignatureStore> };
  Variables: { principal: Principal; store: DurableObjectStub<SignatureStore> };
}

const { ISSUERS } = env as unknown as { ISSUERS: string };
const verified = honoAssertion({ issuer: ISSUERS.split(" "), audience: "signatures" });

const stored = createMiddleware<Types>(async (c, next) => {
  const { environment, organizationId } = c.var.principal;
  c.set("store", c.env.SIGNATURES.getByName(`${environment}/${organizationId}`));
  await next();
});

const signatures = new Hono<Types>()
  .get("/", async (c) => c.json({ data: await c.var.store.list(sightOf(c)) }))
  .post("/", async (c) => {
    const { name, workspace_id } = await bodyOf(c);
    const { workspaceIds: allowed = [] } = c.var.principal;
    const only = allowed.length === 1 ? allowed[0] : undefined;
    const workspace = c.req.param("workspace") ?? workspace_id ?? only ?? null;
    if (typeof name !== "string" || name === "") throw refusal(422, "Give the signature a name.");
    if (workspace !== null && typeof workspace !== "string") throw refusal(422, "workspace_id is a workspace's id.");
    if (!mayReachWorkspace(c.var.principal, workspace ?? "")) {
      throw refusal(403, `Name one of these in workspace_id: ${allowed.join(", ")}.`);
    }
    return c.json(await c.var.store.add(name, workspace), 201);
  })
  .post("/search", async (c) => {
    const { text = "" } = await bodyOf(c);
    return c.json({ data: await c.var.store.list(sightOf(c), String(text)) });
  })
  .get("/:id", async (c) => c.json(found(await c.var.store.get(sightOf(c), c.req.param("id")))))
  .delete("/:id", async (c) => {
    found(await c.var.store.remove(sightOf(c), c.req.param("id")));
    return c.body(null, 204);
  });

const app = new Hono<Types>()
  .get("/status", (c) => c.json({ status: "ok" }))
  .use(verified, stored)
  .route("/signatures", signatures)
  .route("/workspaces/:workspace/signatures", signatures)
  .get("/workspaces/:workspace/folders", (c) =>
    c.json({ data: ["Drafts", "Sent"].map((name) => ({ name, workspace_id: c.req.param("workspace") })) }),
  )
  .get("/teammates", (c) => c.json({ data: [{ id: c.var.principal.memberId, role: c.var.principal.role }] }))
  .get("/integrations", (c) => c.json({ data: [{ name: "Calendar" }, { name: "Mail" }] }))
  .get("/whoami", (c) => c.json(identityOf(c.var.principal)))
  .notFound((c) => c.json({ error: "The origin has nothing here." }, 404))
  .onError((error, c) =>
    error instanceof HTTPException
      ? c.json({ error: error.message }, error.status)
      : c.json({ error: "The origin failed." }, 500),
  );

export default app;

function identityOf({ claims }: Principal) {
  return {
    environment: claims.env,
    organization_id: claims.org,
    key_id: claims.sub,
    member_id: claims.member ?? null,
    role: claims.role ?? null,
    reach: claims.reach,
    workspace_ids: claims.workspaces ?? [],
    scopes: claims.scope.split(" "),
  };
}

/** What the caller may see: the workspace that the path names, or else all within the key's reach. */
function sightOf(c: Context<Types>): Sight {
  const { principal } = c.var;
  const named = c.req.param("workspace");
  if (named === undefined) return principal.workspaceIds ?? null;
  return mayReachWorkspace(principal, named) ? [named] : [];
}

async function bodyOf(c: Context): Promise<Record<string, unknown>> {
  const body = await c.req.json().catch(() => undefined);
  if (typeof body !== "object" || body === null) throw refusal(400, "Send a JSON object.");
  return body;
}

function found<T>(signature: T | null): T {
  if (signature === null) throw refusal(404, "There is no such signature.");
  return signature;
}

function refusal(status: 400 | 401 | 403 | 404 | 422, message: string): HTTPException {
  return new HTTPException(status, { message });
}
