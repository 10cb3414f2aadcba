/** Asks a gateway that was just deployed: whether it is ready, and whether it refuses what has no key. */

import { setTimeout } from "node:timers/promises";
import type { GatewayConfig } from "../../config/types.ts";
import { Failure } from "../terminal/failure.ts";

/** New code reaches all data centers within seconds; a new custom domain can take minutes. */
const DEADLINE_MS = 120_000;
const AGAIN_MS = 1_000;

interface Question {
  readonly url: string;
  readonly method: string;
  readonly wanted: number;
}

/** Throws a `Failure` that names every question that had no good answer. */
export async function verify(config: GatewayConfig, ask: typeof fetch, deadlineMs = DEADLINE_MS): Promise<void> {
  const giveUpAt = Date.now() + deadlineMs;
  const complaints = await Promise.all(questionsOf(config).map((question) => untilGood(question, ask, giveUpAt)));
  const bad = complaints.filter((complaint) => complaint !== undefined);
  if (bad.length > 0) throw new Failure(["It is deployed, but does not answer as it should:", ...bad].join("\n  "));
}

function questionsOf({ control, environments, routes }: GatewayConfig): Question[] {
  const ready = control.baseUrls.map((base) => ({ url: `${withoutSlash(base)}/readyz`, method: "GET", wanted: 200 }));
  const guarded = routes.find((route) => !route.public);
  if (!guarded) return ready;
  const path = guarded.path.replaceAll(/:\w+|\*/g, "keygate-deploy");
  const refused = Object.values(environments).flatMap(({ baseUrls }) =>
    baseUrls.map((base) => ({ url: withoutSlash(base) + path, method: guarded.methods?.[0] ?? "GET", wanted: 401 })),
  );
  return [...ready, ...refused];
}

const withoutSlash = (url: string) => url.replace(/\/$/, "");

/** What is wrong with the last answer, if none was good in time. */
async function untilGood({ url, method, wanted }: Question, ask: typeof fetch, giveUpAt: number) {
  for (;;) {
    const said = await ask(url, { method, redirect: "manual" }).then(
      async (response) => {
        await response.body?.cancel();
        return response.status;
      },
      (error: Error) => (error.cause instanceof Error ? error.cause.message : error.message),
    );
    if (said === wanted) return undefined;
    if (Date.now() >= giveUpAt) return `${method} ${url}: ${said} instead of ${wanted}`;
    await setTimeout(AGAIN_MS);
  }
}
