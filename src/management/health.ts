/** For monitoring: whether the gateway runs, and whether it can reach what it needs. Neither call needs credentials. */

import { Hono } from "hono/tiny";
import { within } from "../deadline.ts";
import { sharedRun } from "./shared-run.ts";

/** Each rejects if what it checks cannot be reached, or is wrong. */
export type Checks = Readonly<Record<"d1" | "kv" | "authority" | "jurisdiction", () => Promise<unknown>>>;

interface Report {
  readonly status: "ready" | "not ready";
  readonly checks: Readonly<Record<string, { readonly status: "ok" | "failed"; readonly ms: number }>>;
}

const DEADLINE_MS = 2_000;
const FRESH_MS = 1_000;

export function health(checks: Checks, now: () => number): Hono {
  const app = new Hono();
  const currentReport = sharedRun(() => ask(checks, now), { deadlineMs: 2 * DEADLINE_MS, freshMs: FRESH_MS, now });

  app.get("/healthz", (c) => c.json({ status: "ok" }, 200, { "Cache-Control": "no-store" }));
  app.get("/readyz", async (c) => {
    const report = await currentReport((promise) => c.executionCtx.waitUntil(promise));
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
