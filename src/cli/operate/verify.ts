/** Asks a gateway that was just deployed: whether it is ready, and whether it refuses what has no key. */

import { setTimeout } from "node:timers/promises";
import { compile } from "../../config/compile.ts";
import { routeOfMethod } from "../../config/route-table.ts";
import type { GatewayConfig } from "../../config/types.ts";
import { Failure } from "../terminal/failure.ts";

/** New code reaches all data centers within seconds; a new custom domain can take minutes. */
const DEADLINE_MS = 120_000;
const AGAIN_MS = 1_000;
/** How long all answers must be good: at first they can come from the version before. */
const SETTLED_MS = 10_000;
/** A host can accept a request and then say nothing. */
const SILENCE_MS = 10_000;

interface Question {
  readonly url: string;
  readonly method: string;
  readonly wanted: number;
}

export interface Clock {
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
  readonly timeout: (ms: number) => AbortSignal;
}

const CLOCK: Clock = { now: Date.now, wait: setTimeout, timeout: AbortSignal.timeout };

/** Throws a `Failure` that names every question whose last answer was bad, if they do not become good in time. */
export async function verify(config: GatewayConfig, ask: typeof fetch, clock: Clock = CLOCK): Promise<void> {
  const questions = questionsOf(config);
  const giveUpAt = clock.now() + DEADLINE_MS;
  let goodSince: number | undefined;
  for (;;) {
    const answers = await Promise.all(questions.map((question) => complaintOf(question, ask, clock)));
    const bad = answers.filter((complaint) => complaint !== undefined);
    const now = clock.now();
    if (bad.length === 0) {
      goodSince ??= now;
      if (now - goodSince >= SETTLED_MS) return;
    } else {
      if (now >= giveUpAt)
        throw new Failure(["It is deployed, but does not answer as it should:", ...bad].join("\n  "));
      goodSince = undefined;
    }
    await clock.wait(AGAIN_MS);
  }
}

function questionsOf(config: GatewayConfig): Question[] {
  const { control, environments } = config;
  const ready = control.baseUrls.map((base) => ({ url: `${withoutSlash(base)}/readyz`, method: "GET", wanted: 200 }));
  const guarded = guardedRequestOf(config);
  if (!guarded) return ready;
  const { method, path } = guarded;
  const refused = Object.values(environments).flatMap(({ baseUrls }) =>
    baseUrls.map((base) => ({ url: withoutSlash(base) + path, method, wanted: 401 })),
  );
  return [...ready, ...refused];
}

const WORD = "keygate-deploy";
/** For a route that takes every method. */
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** A request that needs a key. What the path of such a route stands for can belong to a public route, which is more specific or has the method. */
function guardedRequestOf(config: GatewayConfig): { method: string; path: string } | undefined {
  const { routes, router } = compile(config);
  const requests = routes.flatMap(({ path, methods = METHODS }) =>
    [WORD, `${WORD}/${WORD}`].flatMap((rest) => {
      const named = path.replaceAll(/:[\w-]+/g, WORD).replace("*", rest);
      return [...methods].map((method) => ({ method, path: named }));
    }),
  );
  return requests.find(({ method, path }) => routeOfMethod(router.find(path)?.routes ?? [], method)?.public === false);
}

const withoutSlash = (url: string) => url.replace(/\/$/, "");

/** What is wrong with the answer, if it is not good. */
async function complaintOf({ url, method, wanted }: Question, ask: typeof fetch, { timeout }: Clock) {
  const said = await ask(url, { method, redirect: "manual", signal: timeout(SILENCE_MS) }).then(async (response) => {
    await response.body?.cancel();
    return response.status;
  }, reasonOf);
  return said === wanted ? undefined : `${method} ${url}: ${said} instead of ${wanted}`;
}

function reasonOf(error: Error): string {
  if (error.name === "TimeoutError") return `no answer within ${SILENCE_MS / 1000} s`;
  return error.cause instanceof Error ? error.cause.message : error.message;
}
