/** The answer's body, or WebSocket, on its way to the client. Nearly all pass by themselves; what is watched passes through here. */

import type { Route } from "../../config/compile.ts";
import { type Watch, watch } from "../admit/watch.ts";
import { pipe, pump } from "../pump.ts";

/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const POLICY_VIOLATION = 1008;
const GOING_AWAY = 1001;
const NO_STATUS = 1005;

const STREAMS = /^\s*(text\/event-stream|application\/(x-)?ndjson|application\/jsonl|application\/json-seq)\b/i;

/** `watching`: called for what lasts, and for nothing else; `undefined` where there is no key. */
export function relay(
  answer: Response,
  route: Route,
  watching: (() => Watch) | undefined,
  now: () => number,
): Response {
  const watched = route.watchRevocation ? watching : undefined;
  if (answer.webSocket) return watched ? relaySocket(answer, answer.webSocket, watched()) : answer;
  if (!answer.body) return answer;
  const lasts = watched !== undefined && STREAMS.test(answer.headers.get("content-type") ?? "");
  const idleMs = route.responseIdleSeconds && route.responseIdleSeconds * 1000;
  if (!lasts && !idleMs) return answer;

  const announced = answer.headers.get("content-length");
  const length = announced === null ? undefined : Number(announced);
  const flow = idleMs ? pump(answer.body, { length, idleMs, now }) : pipe(answer.body, length);
  if (lasts) void flow.ended.then(watch(watched(), flow.stop));
  return new Response(flow.readable, answer);
}

function relaySocket(answer: Response, origin: WebSocket, watched: Watch): Response {
  const { 0: outer, 1: client } = new WebSocketPair();
  const unwatch = watch(watched, () => {
    close(client, POLICY_VIOLATION, "the key may no longer do this");
    close(origin, GOING_AWAY, "");
  });
  // Who has only said that it closes may still listen.
  let open = 2;
  const onClose = () => {
    open--;
    if (open === 0) unwatch();
  };
  join(origin, client, onClose, unwatch);
  join(client, origin, onClose, unwatch);
  return new Response(null, { status: answer.status, headers: answer.headers, webSocket: outer });
}

function join(from: WebSocket, to: WebSocket, onClose: () => void, onError: () => void): void {
  // A blob could not be sent on at once, and so not in order.
  from.binaryType = "arraybuffer";
  from.addEventListener("message", ({ data }) => {
    try {
      to.send(data);
    } catch {
      // It closed while this was under way.
    }
  });
  from.addEventListener("close", ({ code, reason }) => {
    onClose();
    close(to, code, reason);
  });
  from.addEventListener("error", () => {
    onError();
    close(to, GOING_AWAY, "");
  });
  // Else the runtime answers a close by itself: before the other end has, and without what that still had to say.
  from.accept({ allowHalfOpen: true });
}

/** Codes that only say that there was none must not be sent: then the other end is told none, or that this one went away. */
function close(socket: WebSocket, code: number, reason: string): void {
  try {
    if (code === NO_STATUS) socket.close();
    else if (isSendable(code)) socket.close(code, reason);
    else socket.close(GOING_AWAY);
  } catch {
    // It is closed already.
  }
}

function isSendable(code: number): boolean {
  return (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999);
}
