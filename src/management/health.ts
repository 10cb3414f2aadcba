/** For whoever watches over the gateway: whether it runs, and whether it can reach what it needs. Neither asks for credentials. */

import { Hono } from "hono";
import { within } from "../deadline.ts";

/** Each rejects where the thing of that name cannot be reached. */
export type Checks = Readonly<Record<"d1" | "kv" | "authority", () => Promise<unknown>>>;

interface Report {
  readonly status: "ready" | "not ready";
  readonly checks: Readonly<Record<string, { readonly status: "ok" | "failed"; readonly ms: number }>>;
}

const DEADLINE_MS = 2_000;
/** How long one report serves all who ask, so that asking costs next to nothing. */
const FRESH_MS = 1_000;

export function health(checks: Checks, now: () => number): Hono {
  const app = new Hono();
  let latest: { readonly report: Report; readonly at: number } | undefined;

  app.get("/healthz", (c) => c.json({ status: "ok" }, 200, { "Cache-Control": "no-store" }));
  app.get("/readyz", async (c) => {
    if (!latest || now() - latest.at >= FRESH_MS || now() < latest.at)
      latest = { report: await ask(checks, now), at: now() };
    const { report } = latest;
    return c.json(report, report.status === "ready" ? 200 : 503, { "Cache-Control": "no-store" });
  });
  return app;
}

async function ask(checks: Checks, now: () => number): Promise<Report> {
  const entries = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      const begunAt = now();
      const status = await within(DEADLINE_MS, check()).then(
        () => "ok" as const,
        () => "failed" as const,
      );
      return [name, { status, ms: now() - begunAt }] as const;
    }),
  );
  const isReady = entries.every(([, { status }]) => status === "ok");
  return { status: isReady ? "ready" : "not ready", checks: Object.fromEntries(entries) };
}
