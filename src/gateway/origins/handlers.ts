/** Origins that are functions of the gateway's own Worker: a Hono app, or anything else with a `fetch`. */

import { waitUntil } from "cloudflare:workers";
import { ConfigError, problemAt } from "../../config/problems.ts";
import type { Route } from "../../config/route-table.ts";
import { isRead } from "../is-read.ts";
import type { OriginFetch } from "./origin.ts";

export interface Handler {
  // biome-ignore lint/suspicious/noExplicitAny: each app has its own type of bindings
  readonly fetch: (request: Request, env: any, context: any) => Response | Promise<Response>;
}

export type Handlers = Readonly<Record<string, Handler>>;

/** Throws a `ConfigError` if the configuration names one that is missing. `keygate check` cannot know: it does not load the Worker. */
export function requireHandlers(routes: readonly Route[], handlers: Handlers): void {
  const problems = routes.flatMap(({ origin, origins }) =>
    Object.entries(origins).flatMap(([environment, settings]) => {
      if (!("handler" in settings) || Object.hasOwn(handlers, settings.handler)) return [];
      const problem = `is a handler that the Worker does not have: "${settings.handler}"`;
      const remedy = `Pass it: createGateway(config, { handlers: { ${settings.handler} } }).`;
      return problemAt(["origins", origin, environment, "handler"], problem, remedy);
    }),
  );
  if (problems.length > 0) throw new ConfigError(problems);
}

const CONTEXT = { waitUntil, passThroughOnException: () => {}, props: {} };

export function fetchOfHandler(handler: Handler, env: unknown): OriginFetch {
  return (request, { signal }) =>
    whileWanted(signal, () => handler.fetch(new Request(request, { signal }), env, CONTEXT));
}

/** A function does not end because its caller has: the caller stops waiting. */
export async function whileWanted(signal: AbortSignal, run: () => Response | Promise<Response>): Promise<Response> {
  signal.throwIfAborted();
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  const answer = await Promise.race([run(), stopped]);
  if (isRead(answer)) throw new TypeError("its answer was read. Read a clone of it");
  return answer;
}
