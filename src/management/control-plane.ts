/** The control base URL: the management API for holders of the root token, and pages for everyone. */

import { Hono } from "hono";
import { routePath } from "hono/route";
import type { Control } from "../control/control.ts";
import type { Refusal } from "../errors.ts";
import { problemResponse } from "../problem.ts";
import { managementApi } from "./api.ts";
import type { ManagementEnv } from "./call.ts";
import { errorPages } from "./error-pages.ts";
import { checkRootToken } from "./root-token.ts";

export interface ControlPlane {
  readonly control: Control;
  readonly rootTokens: string;
  readonly newRequestId: () => string;
  readonly log: (line: string) => void;
}

export function createControlPlane({ control, rootTokens, newRequestId, log }: ControlPlane): Hono<ManagementEnv> {
  const app = new Hono<ManagementEnv>();
  const refusal = (requestId: string, refused: Refusal) =>
    problemResponse(refused, requestId, control.gateway.controlUrl, "keygate management");

  app.use(async (c, next) => {
    const requestId = newRequestId();
    c.set("control", control);
    c.set("caller", { actor: "root", requestId });
    c.set("refuse", (refused) => refusal(requestId, refused));
    await next();
    c.res.headers.set("X-Request-Id", requestId);
    log(
      JSON.stringify({
        request_id: requestId,
        plane: "control",
        method: c.req.method,
        route: routePath(c, -1),
        status: c.res.status,
      }),
    );
  });
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.route("/", errorPages);

  app.use("/v1/*", async (c, next) => {
    const refused = await checkRootToken(c.req.header("authorization"), rootTokens);
    return refused ? c.var.refuse(refused) : next();
  });
  app.route("/v1", managementApi);

  app.notFound((c) => c.var.refuse({ code: "not_found", problem: "Nothing is served at this path." }));
  app.onError((error, c) => {
    const { requestId } = c.var.caller;
    log(JSON.stringify({ request_id: requestId, level: "error", message: error.stack ?? error.message }));
    return c.var.refuse({ code: isD1Failure(error) ? "key_store_unavailable" : "internal_error" });
  });
  return app;
}

/** https://developers.cloudflare.com/d1/observability/debug-d1/: its errors say so in their message. */
function isD1Failure(error: Error): boolean {
  return error.message.startsWith("D1_");
}
