/**
 * The body of a request on its way to the origin. It passes through here so that its size can be held where it was not
 * announced, so that it cannot stand still for ever, and so that what its client broke off is not laid to the origin.
 */

import type { Route } from "../config/compile.ts";
import type { Refusal } from "../errors.ts";
import { type FlowEnd, pump } from "./pump.ts";

export interface Upload {
  readonly body: ReadableStream<Uint8Array>;
  /** Settles when no more of it will come; with a refusal where that is not the origin's doing. */
  readonly ended: Promise<Refusal | undefined>;
}

/** `undefined` where there is no body to watch. */
export function uploadOf(request: Request, route: Route, now: () => number): Upload | Refusal | undefined {
  if (!request.body) return undefined;
  const announced = request.headers.get("content-length");
  // The runtime passes on the bodies of these two, but makes no request with a body for them.
  if (request.method === "GET" || request.method === "HEAD") {
    return announced === null ? { code: "length_required" } : undefined;
  }
  const { limits, requestIdleSeconds } = route;
  const flow = pump(request.body, {
    length: announced === null ? undefined : Number(announced),
    maxBytes: limits.bodyBytes,
    idleMs: requestIdleSeconds * 1000,
    now,
  });
  return { body: flow.readable, ended: flow.ended.then((end) => refusalOf(end, route)) };
}

function refusalOf(end: FlowEnd, { limits, requestIdleSeconds }: Route): Refusal | undefined {
  if (end === "source broke") return { code: "request_broken_off" };
  if (end === "too large") return { code: "body_too_large", limit: limits.bodyBytes };
  if (end === "source idle") return { code: "request_timeout", seconds: requestIdleSeconds };
  if (end === "sink idle") return { code: "origin_timeout", seconds: requestIdleSeconds };
  return undefined;
}
