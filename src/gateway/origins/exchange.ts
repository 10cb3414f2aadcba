/** Sends a request to its origin and waits for the answer to begin: within a deadline, for as long as the client stays, and tries once more if that can help. */

import type { Principal } from "../../decide/principal.ts";
import { type Log, messageLine } from "../../domain/log-line.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { describeThrown } from "../../thrown.ts";
import type { Watch } from "../admit/watch.ts";
import type { DataPlane } from "../data-plane.ts";
import type { Upload } from "../forward/upload.ts";
import type { Visit } from "../visit.ts";
import type { Origin } from "./origin.ts";
import { isRepeatable } from "./retry.ts";

export interface Exchanging {
  /** Until the answer has to begin: from now, or from the end of the upload. */
  readonly seconds: number;
  readonly upload: Upload | undefined;
  /** `undefined` on public routes. */
  readonly principal: Principal | undefined;
  /** Gives the request a new assertion; or says why there is none. */
  readonly sign: (() => Promise<Refusal | undefined>) | undefined;
  readonly watch: Watch | undefined;
}

export async function exchange(
  outgoing: Request,
  origin: Origin,
  { seconds, upload, principal, sign, watch }: Exchanging,
  { request, departure, requestId, notes }: Visit,
  { now, log }: Pick<DataPlane, "now" | "log">,
): Promise<Response | Refusal> {
  const ended = new AbortController();
  const { signal } = ended;
  const sentAt = now();
  let timer: ReturnType<typeof setTimeout> | null = null;
  const isAnswered = () => notes.originMs !== undefined;
  const startDeadline = () => {
    timer = setTimeout(() => ended.abort({ code: "origin_timeout", seconds }), seconds * 1000);
  };
  const answered = () => {
    if (isAnswered()) return;
    notes.originMs = now() - sentAt;
    clearTimeout(timer);
  };
  if (!upload) startDeadline();
  upload?.ended.then((refusal) => {
    // An origin that has answered need not read the rest of the body.
    if (refusal && !(isAnswered() && refusal.code === "origin_timeout")) ended.abort(refusal);
    if (!refusal && !isAnswered()) startDeadline();
  });
  departure.abort(ended, request.signal);
  const sending = { signal, principal };
  try {
    let answer: Response | Refusal;
    try {
      answer = await origin.send(outgoing, sending);
    } catch (error) {
      if (signal.aborted || !isRepeatable(outgoing) || !origin.retries.take()) throw error;
      notes.retried = true;
      // The origin can have received the first one, and can refuse a replay.
      answer = (await sign?.()) ?? (await origin.send(outgoing, sending));
    }
    answered();
    notes.originStatus = isRefusal(answer) ? undefined : answer.status;
    const refusal = watch?.isOverdue ? await watch.look() : undefined;
    if (refusal) ended.abort(refusal);
    return refusal ?? answer;
  } catch (error) {
    if (signal.aborted && !departure.hasLeft) return signal.reason as Refusal;
    const broken = await upload?.broken();
    if (broken || departure.hasLeft) return broken ?? { code: "request_broken_off" };
    return unreachable(origin, describeThrown(error), requestId, log);
  } finally {
    answered();
  }
}

/** `why`: for the log. */
export function unreachable({ name }: Origin, why: string, requestId: string, log: Log): Refusal {
  log(messageLine("error", `${name}: ${why}`, { request_id: requestId }));
  return { code: "origin_unreachable" };
}
