/** Where the requests of a route go in one environment. Everything about it is worked out once, when the Worker starts. */

import type { OriginSettings } from "../../config/schema.ts";
import type { CalledUrl } from "../../decide/bounds.ts";
import type { Principal } from "../../decide/principal.ts";
import { baseOf } from "../../decide/target.ts";
import { type EdgeCache, KEPT_OUT } from "./edge-cache.ts";
import { headerSetter, resolveHeaders } from "./headers.ts";
import type { Retries } from "./retry.ts";

export interface Origin {
  /** As the configuration calls it: the audience of assertions. */
  readonly name: string;
  /** Whether its requests have an assertion of who calls. */
  readonly assertion: boolean;
  /** Whether addresses in its answers change to the gateway's; a route can say otherwise. */
  readonly rewriteLocation: boolean;
  readonly usesForwardedPrefix: boolean | undefined;
  readonly retries: Retries;
  /** For a request to `called`, the URL that the client called. Without a slash at its end. */
  baseFor(called: CalledUrl): string;
  send(outgoing: Request, sending: Sending): Promise<Response>;
}

export interface Sending {
  readonly signal: AbortSignal;
  /** Who calls; `undefined` on public routes. */
  readonly principal: Principal | undefined;
}

/** `fetch`, or what takes its place. */
export type OriginFetch = (request: Request, init: OriginInit) => Promise<Response>;

export interface OriginInit {
  readonly signal: AbortSignal;
  readonly redirect: "manual";
  readonly encodeResponseBody: "manual";
  readonly cf?: EdgeCache;
}

interface Parts {
  readonly send: OriginFetch;
  readonly secrets: (name: string) => unknown;
  readonly retries: Retries;
}

export function createOrigin(name: string, settings: OriginSettings, { send, secrets, retries }: Parts): Origin {
  const setHeaders = headerSetter(resolveHeaders(settings.headers, secrets));
  const base = baseOf(settings);
  // A service is not behind the cache, and gets the client's properties instead.
  const cf = "url" in settings ? KEPT_OUT : undefined;
  const publicCf = "url" in settings && settings.cachePublicRoutes ? undefined : cf;
  return {
    name,
    assertion: settings.assertion,
    rewriteLocation: settings.rewriteLocation,
    usesForwardedPrefix: settings.usesForwardedPrefix,
    retries,
    baseFor: (called) => base ?? called.origin,
    send(outgoing, { signal, principal }) {
      setHeaders?.(outgoing.headers);
      const cached = principal ? cf : publicCf;
      // A hook can have created a request that follows redirects, with credentials to another host. What is compressed stays so.
      return send(outgoing, {
        signal,
        redirect: "manual",
        encodeResponseBody: "manual",
        ...(cached && { cf: cached }),
      });
    },
  };
}
