import type { WaitUntil } from "./admit/flights.ts";

/** What belongs to one request alone. */
export interface Visit {
  readonly request: Request;
  readonly url: URL;
  /** Ends in 32 random hexadecimal digits. */
  readonly requestId: string;
  /** The client's address at the edge; empty if it is unknown. */
  readonly client: string;
  readonly waitUntil: WaitUntil;
}
