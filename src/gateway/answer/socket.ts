/**
 * A WebSocket that is watched for the revocation of its key. Its messages pass through JavaScript: nothing can end one that
 * the runtime passes by itself (docs/decisions/0016-watched-websockets.md).
 */

import type { Watch } from "../admit/watch.ts";

/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const GOING_AWAY = 1001;
const NO_STATUS = 1005;
const POLICY_VIOLATION = 1008;
/** https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number */
const TRY_AGAIN_LATER = 1013;

/**
 * The gateway cannot slow down a side that sends. It keeps in memory what the other side has not taken yet; an isolate has 128 MB.
 * This is as much as the largest message that the runtime takes.
 */
const MAX_BEHIND_BYTES = 32 * 1024 * 1024;

export function relaySocket(answer: Response, origin: WebSocket, watch: Watch): Response {
  const { 0: outer, 1: client } = new WebSocketPair();
  const unwatch = watch.over(() => {
    close(client, POLICY_VIOLATION, "the key can no longer do this");
    close(origin, GOING_AWAY, "");
  });
  // A side that has only sent its close can still listen.
  let open = 2;
  const onClose = () => {
    open--;
    if (open === 0) unwatch();
  };
  const onBehind = () => {
    unwatch();
    for (const end of [client, origin]) close(end, TRY_AGAIN_LATER, "messages arrive faster than they are accepted");
  };
  join(origin, client, { onClose, onError: unwatch, onBehind });
  join(client, origin, { onClose, onError: unwatch, onBehind });
  return new Response(null, { status: answer.status, headers: answer.headers, webSocket: outer });
}

interface Joint {
  readonly onClose: () => void;
  readonly onError: () => void;
  /** `to` does not take what `from` sends. */
  readonly onBehind: () => void;
}

function join(from: WebSocket, to: WebSocket, { onClose, onError, onBehind }: Joint): void {
  // A blob could not be sent on at once, and so not in order.
  from.binaryType = "arraybuffer";
  from.addEventListener("message", ({ data }) => {
    if (to.bufferedAmount > MAX_BEHIND_BYTES) return onBehind();
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
  // Else the runtime answers a close itself, before the other side does, and without its last messages.
  from.accept({ allowHalfOpen: true });
}

/** Codes that only mean that there was no code must not be sent: then the other side gets none, or that this side went away. */
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
