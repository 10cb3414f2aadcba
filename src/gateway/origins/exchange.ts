/** Sends a request to its origin and waits for the answer to begin: within a deadline, for as long as the client stays, and tries once more if that can help. */

import type { Principal } from "../../decide/principal.ts";
import type { Refusal } from "../../errors.ts";
import type { Watch } from "../admit/watch.ts";
import type { Upload } from "../forward/upload.ts";
import type { Notes } from "../visit.ts";
import type { Origin } from "./origin.ts";
import { isRepeatable } from "./retry.ts";

export interface Exchanging {
  /** Until the answer has to begin: from now, or from the end of the upload. */
  readonly seconds: number;
  /** Of the client. */
  readonly left: AbortSignal;
  readonly upload: Upload | undefined;
  /** Whether the route is public. */
  readonly isPublic: boolean;
  readonly principal: Principal | undefined;
  /** Gives the request a new assertion; or says why there is none. */
  readonly sign: (() => Promise<Refusal | undefined>) | undefined;
  readonly watch: Watch | undefined;
}

export async function exchange(
  outgoing: Request,
  origin: Origin,
  { seconds, left, upload, isPublic, principal, sign, watch }: Exchanging,
  notes: Notes,
  now: () => number,
): Promise<Response | Refusal> {
  const ended = new AbortController();
  const startDeadline = () => setTimeout(() => ended.abort({ code: "origin_timeout", seconds }), seconds * 1000);
  let timer = upload ? undefined : startDeadline();
  const sentAt = now();
  let isAnswered = false;
  const answered = () => {
    if (isAnswered) return;
    isAnswered = true;
    notes.originMs = now() - sentAt;
    if (timer !== undefined) clearTimeout(timer);
  };
  upload?.ended.then((refusal) => {
    // An origin that has answered need not read the rest of the body.
    if (refusal && !(isAnswered && refusal.code === "origin_timeout")) ended.abort(refusal);
    if (!refusal && !isAnswered) timer = startDeadline();
  });
  const { signal } = ended;
  const leave = () => ended.abort(left.reason);
  if (left.aborted) leave();
  else left.addEventListener("abort", leave);
  const sending = { signal, isPublic, principal };
  try {
    const answer = await origin.send(outgoing, sending).catch(async (error) => {
      if (signal.aborted || !isRepeatable(outgoing) || !origin.retries.take()) throw error;
      notes.retried = true;
      // The origin can have received the first one, and can refuse a replay.
      return (await sign?.()) ?? origin.send(outgoing, sending);
    });
    answered();
    notes.originStatus = "status" in answer ? answer.status : undefined;
    const refusal = watch?.isOverdue ? await watch.look() : undefined;
    if (refusal) ended.abort(refusal);
    return refusal ?? answer;
  } catch {
    if (signal.aborted && !left.aborted) return signal.reason as Refusal;
    return (await upload?.broken()) ?? { code: left.aborted ? "request_broken_off" : "origin_unreachable" };
  } finally {
    answered();
  }
}
