/** The origin's answer on its way to the client. The runtime moves most of them; those that can take long, or have an idle timeout, are watched. */

import type { Route } from "../../config/route-table.ts";
import type { Watch } from "../admit/watch.ts";
import { PASSES_BY_ITSELF_BYTES } from "../length.ts";
import { pipe, pump } from "../pump.ts";
import { relaySocket } from "./socket.ts";

/** `length`: as announced. `watch`: `undefined` on public routes, and on those that do not watch. */
export function relay(
  answer: Response,
  length: number | undefined,
  { responseIdleSeconds }: Pick<Route, "responseIdleSeconds">,
  watch: Watch | undefined,
  now: () => number,
): Response {
  if (answer.webSocket) return watch ? relaySocket(answer, answer.webSocket, watch) : answer;
  if (!answer.body) return answer;
  const lasts = watch !== undefined && !(length !== undefined && length <= PASSES_BY_ITSELF_BYTES);
  if (!lasts && !responseIdleSeconds) return answer;

  const flow = responseIdleSeconds
    ? pump(answer.body, { length, idleMs: responseIdleSeconds * 1000, now })
    : pipe(answer.body, length);
  if (lasts) void flow.ended.then(watch.over(flow.stop));
  return new Response(flow.readable, answer);
}
