import type { CalledUrl } from "../decide/bounds.ts";
import type { LeaseKind, LeaseState } from "../domain/log-line.ts";
import type { WaitUntil } from "./admit/flights.ts";
import type { Departure } from "./departure.ts";

/** What belongs to one request alone. */
export interface Visit {
  readonly request: Request;
  readonly url: CalledUrl;
  /** Ends in 32 hexadecimal digits, of which the last 16 are random. */
  readonly requestId: string;
  /** The client's address at the edge; empty if it is unknown. */
  readonly client: string;
  readonly departure: Departure;
  readonly waitUntil: WaitUntil;
  readonly notes: Notes;
}

/** What the steps note for the log, whatever becomes of the request after them. Each is written by one step. */
export interface Notes {
  identifyMs: number;
  leaseMs: number;
  lease: LeaseState | undefined;
  leaseKind: LeaseKind | undefined;
  traceId: string | undefined;
  /** `undefined` if nothing was sent to an origin, as are the next three. */
  originMs: number | undefined;
  originStatus: number | undefined;
  /** `true`, or `undefined`. */
  retried: true | undefined;
  /** Of the answer, if it was announced. */
  responseBytes: number | undefined;
}

export function newNotes(): Notes {
  return {
    identifyMs: 0,
    leaseMs: 0,
    lease: undefined,
    leaseKind: undefined,
    traceId: undefined,
    originMs: undefined,
    originStatus: undefined,
    retried: undefined,
    responseBytes: undefined,
  };
}
