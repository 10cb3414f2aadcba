/** Every origin of the configuration, with what it needs of the Worker that it runs in. */

import type { Route } from "../../config/route-table.ts";
import type { OriginSettings } from "../../config/schema.ts";
import { createOrigin, type Origin, type OriginFetch } from "./origin.ts";
import { NO_RETRIES, RetryBudget } from "./retry.ts";

/** The origin that gets a request. */
export type OriginOf = (route: Route, environment: string) => Origin;

export interface Surroundings {
  readonly fetch: OriginFetch;
  readonly services: (binding: string) => { fetch: OriginFetch } | undefined;
  readonly handlers: (name: string) => OriginFetch;
  readonly secrets: (name: string) => unknown;
  readonly now: () => number;
}

/** Throws if an origin needs a secret or a service that is missing. */
export function originsFrom(routes: readonly Route[], { secrets, now, ...ways }: Surroundings): OriginOf {
  const origins = new Map<OriginSettings, Origin>();
  for (const { origin, origins: byEnvironment } of routes) {
    for (const settings of Object.values(byEnvironment)) {
      if (origins.has(settings)) continue;
      const retries = "handler" in settings ? NO_RETRIES : new RetryBudget(now);
      origins.set(settings, createOrigin(origin, settings, { send: fetchOf(settings, ways), secrets, retries }));
    }
  }
  return (route, environment) => origins.get(route.origins[environment] as OriginSettings) as Origin;
}

type Ways = Pick<Surroundings, "fetch" | "services" | "handlers">;

function fetchOf(settings: OriginSettings, { fetch, services, handlers }: Ways): OriginFetch {
  if ("url" in settings) return fetch;
  if ("handler" in settings) return handlers(settings.handler);
  const service = services(settings.service);
  if (!service) throw new Error(`the service binding ${settings.service} is missing`);
  return (request, init) => service.fetch(request, init);
}
