/**
 * The body of a request on its way to the origin. It is watched to bound its size if that was not announced, to bound its pauses, to
 * end it with its key, and to tell a client that aborts from an origin that fails.
 */

import type { Route } from "../../config/route-table.ts";
import type { Refusal } from "../../errors.ts";
import type { Watch } from "../admit/watch.ts";
import { announcedLength, PASSES_BY_ITSELF_BYTES } from "../length.ts";
import { type FlowEnd, pump } from "../pump.ts";

export interface Upload {
  readonly body: ReadableStream<Uint8Array>;
  /** Settles when no more of it will come; with a refusal if the origin is not the cause. */
  readonly ended: Promise<Refusal | undefined>;
  /** For a reader that could not read it: the reason, if the reader is not the cause. */
  readonly broken: () => Promise<Refusal | undefined>;
}

/** The lowest speed of unwatched bodies; the origin's deadline, which cannot wait for their end, is longer by that time. */
const UNWATCHED_BYTES_PER_SECOND = 16 * 1024;
const IDLE_SECONDS = 60;

/** `undefined` if there is no body to watch. */
export function uploadOf(
  request: Request,
  route: Route,
  watch: Watch | undefined,
  now: () => number,
): Upload | Refusal | undefined {
  if (!request.body) return undefined;
  const length = announcedLength(request.headers);
  // The runtime passes on the bodies of these two, but makes no request with a body for them.
  if (request.method === "GET" || request.method === "HEAD") {
    return length === undefined ? { code: "length_required" } : undefined;
  }
  if (!isWatched(route, length)) return undefined;
  const idleSeconds = route.requestIdleSeconds ?? IDLE_SECONDS;
  const maxBytes = route.limits.bodyBytes;
  const flow = pump(request.body, { length, maxBytes, idleMs: idleSeconds * 1000, now });
  let refused: Refusal | undefined;
  const unwatch = watch?.over((refusal) => {
    refused = refusal;
    flow.stop();
  });
  const ended = flow.ended.then((end) => {
    unwatch?.();
    return refused ?? refusalOf(end, maxBytes, idleSeconds);
  });
  // Its reader can hear of the end before `ended` settles.
  const broken = () => Promise.race([ended, new Promise<undefined>((resolve) => setTimeout(resolve, 0))]);
  return { body: flow.readable, ended, broken };
}

/** While the gateway itself reads the body, no deadline of the origin runs. */
function isWatched({ requestIdleSeconds, digest, onRequest }: Route, length = Number.POSITIVE_INFINITY): boolean {
  return requestIdleSeconds !== undefined || digest || onRequest !== undefined || length > PASSES_BY_ITSELF_BYTES;
}

/** How many whole seconds an unwatched body can take to arrive. */
export function secondsToCome(request: Request): number {
  return request.body ? Math.floor((announcedLength(request.headers) ?? 0) / UNWATCHED_BYTES_PER_SECOND) : 0;
}

function refusalOf(end: FlowEnd, limit: number, seconds: number): Refusal | undefined {
  if (end === "source broke") return { code: "request_broken_off" };
  if (end === "too large") return { code: "body_too_large", limit };
  if (end === "source idle") return { code: "request_timeout", seconds };
  if (end === "sink idle") return { code: "origin_timeout", seconds, isUnread: true };
  return undefined;
}
