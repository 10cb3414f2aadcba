/** The control base URL: the management API for those who may, and pages for everyone. */

import { routePath } from "hono/route";
import { Hono } from "hono/tiny";
import type { Gateway } from "./config/compile.ts";
import { consolePages } from "./console/console.tsx";
import { assets, type ReadAsset } from "./console/frame/assets.ts";
import { prefersPage, showToBrowser } from "./console/frame/browsers.ts";
import { type Control, collisionOf } from "./control/control.ts";
import { controlLine } from "./control-line.ts";
import { type Log, messageLine } from "./domain/log-line.ts";
import { isRefusal, type Refusal } from "./errors.ts";
import { callOf, managementApi } from "./management/api.ts";
import { documentReader } from "./management/api-document.ts";
import { admitCall, type CallAccounts, deniedBefore } from "./management/call-limits.ts";
import { credentialOf, identifyCaller, type Sources } from "./management/caller.ts";
import type { ManagementEnv } from "./management/dispatch.ts";
import { type Checks, health } from "./management/health.ts";
import { type MetricsSources, metrics } from "./management/metrics.ts";
import { problemResponse } from "./problem.ts";
import { StorageFailure } from "./store/boundary.ts";
import { describeThrown } from "./thrown.ts";

export interface ControlPlane extends Omit<Sources, "control">, MetricsSources {
  readonly gateway: Gateway;
  /** What the request's use cases work with: look-ups are counted for its client. */
  readonly controlFor: (request: Request) => Control;
  readonly calls: CallAccounts;
  readonly readAsset: ReadAsset;
  readonly checks: Checks;
  readonly newRequestId: () => string;
  readonly log: Log;
}

/** Without subdomains, which can belong to others. */
const HTTPS_FOR_A_YEAR = "max-age=31536000";

function realmOf(refusal: Refusal): string {
  return "asked" in refusal && refusal.asked === "metrics token" ? "keygate metrics" : "keygate management";
}

export function createControlPlane(plane: ControlPlane): Hono<ManagementEnv> {
  const { gateway, newRequestId, log } = plane;
  const { controlUrl } = gateway;
  const app = new Hono<ManagementEnv>();
  const readDocument = documentReader(() => plane.readAsset("openapi.json", new Request(controlUrl)), controlUrl);

  app.use(async (c, next) => {
    const begunAt = plane.now();
    const requestId = newRequestId();
    c.set("control", plane.controlFor(c.req.raw));
    c.set("calls", plane.calls);
    c.set("readDocument", readDocument);
    c.set("requestId", requestId);
    c.set("refuse", (refusal) => {
      c.set("refusal", refusal);
      return problemResponse(refusal, requestId, gateway.controlUrl, realmOf(refusal));
    });
    await next();
    c.res.headers.set("X-Request-Id", requestId);
    c.res.headers.set("X-Content-Type-Options", "nosniff");
    // https://www.rfc-editor.org/rfc/rfc6797#section-7.2: not over plain HTTP, which only a base URL of http has.
    if (c.req.url.startsWith("https:")) c.res.headers.set("Strict-Transport-Security", HTTPS_FOR_A_YEAR);
    const { operation, refusal, caller } = c.var;
    const [request, route, { status }, endedAt] = [c.req.raw, routePath(c), c.res, plane.now()];
    log(controlLine({ request, requestId, route, operation, status, refusal, caller, begunAt, endedAt }, gateway));
  });
  app.route("/", health(plane.checks, plane.now));
  app.route("/", metrics(plane));
  app.route("/", assets(plane.readAsset));
  app.route("/", consolePages());

  app.use("/v1/*", async (c, next) => {
    // What the API can do is no secret.
    if (c.req.path === "/v1/openapi.json") return next();
    const { kind, name } = callOf(c.req.method, c.req.path);
    c.set("operation", name);
    const credential = credentialOf(c.req.raw);
    const denied = deniedBefore(c, credential, kind);
    if (denied) return c.var.refuse(denied);
    const who = await identifyCaller(c.req.raw, { ...plane, control: c.var.control }, (promise) =>
      c.executionCtx.waitUntil(promise),
    );
    if (isRefusal(who)) return c.var.refuse(who);
    const { refusal, headers } = await admitCall(c, credential, who, kind);
    c.set("caller", { ...who, requestId: c.var.requestId });
    if (refusal) c.res = c.var.refuse(refusal);
    else await next();
    for (const [name, value] of headers) c.res.headers.set(name, value);
  });
  app.route("/", managementApi());

  app.notFound(async (c) => {
    const refusal = { code: "not_found", problem: "Nothing is served at this path.", fix: "Check the path." } as const;
    const isPage = prefersPage(c.req.header("accept") ?? null);
    const answer = isPage ? await showToBrowser(c as never, refusal) : c.var.refuse(refusal);
    answer.headers.set("Vary", "Accept");
    return answer;
  });
  app.onError((error, c) => {
    const collision = collisionOf(error);
    if (collision) return c.var.refuse(collision);
    const isStorage = error instanceof StorageFailure;
    const message = isStorage ? error.message : describeThrown(error);
    log(messageLine("error", message, { request_id: c.var.requestId }));
    return c.var.refuse({ code: isStorage ? "key_store_unavailable" : "internal_error" });
  });
  return app;
}
