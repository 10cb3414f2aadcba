/** Metrics for Prometheus and what reads the same text, with a token that opens nothing else. */

import { Hono } from "hono/tiny";
import { OPEN_METRICS } from "../domain/open-metrics.ts";
import type { RouteTraffic } from "../domain/traffic.ts";
import { isRefusal, type Refusal } from "../errors.ts";
import type { ManagementEnv } from "./dispatch.ts";
import { activeTokens, bearerOf, isTokenOf } from "./secret-token.ts";
import { sharedRun } from "./shared-run.ts";
import { renderMetrics } from "./wire/metrics.ts";

const SHARED_MS = 5_000;
const DEADLINE_MS = 10_000;

export interface MetricsSources {
  readonly rootTokens: string;
  readonly metricsTokens: string | undefined;
  /** Of everything since the gateway began: counts that only grow. */
  readonly readTotals: () => Promise<readonly RouteTraffic[] | Refusal>;
  readonly now: () => number;
}

export function metrics({ rootTokens, metricsTokens, readTotals, now }: MetricsSources): Hono<ManagementEnv> {
  const current = sharedRun(() => read(readTotals), { deadlineMs: DEADLINE_MS, freshMs: SHARED_MS, now });
  return new Hono<ManagementEnv>().get("/metrics", async (c) => {
    const answer =
      (await refusalOf(c.req.raw, metricsTokens, rootTokens)) ??
      (await current((promise) => c.executionCtx.waitUntil(promise)));
    if (isRefusal(answer)) return c.var.refuse(answer);
    return c.body(answer, 200, { "Content-Type": OPEN_METRICS, "Cache-Control": "no-store" });
  });
}

async function read(readTotals: MetricsSources["readTotals"]): Promise<string | Refusal> {
  const totals = await readTotals();
  return isRefusal(totals) ? totals : renderMetrics(totals);
}

/** A token that the root secret has too would open everything, so it opens nothing here. */
async function refusalOf(
  request: Request,
  tokens: string | undefined,
  rootTokens: string,
): Promise<Refusal | undefined> {
  if (activeTokens(tokens).length === 0) return { code: "not_found", problem: OFF, fix: TURN_ON };
  const asked = "metrics token";
  if (!request.headers.has("authorization")) return { code: "credentials_missing", asked };
  const token = bearerOf(request) ?? "";
  const [isOurs, isRoot] = await Promise.all([isTokenOf(tokens, token), isTokenOf(rootTokens, token)]);
  return isOurs && !isRoot ? undefined : { code: "token_invalid", asked };
}

const OFF = "Metrics are off, because this gateway has no KEYGATE_METRICS_TOKEN of at least 32 characters.";
const TURN_ON = "Set the secret KEYGATE_METRICS_TOKEN. `keygate secrets --only KEYGATE_METRICS_TOKEN` creates one.";
