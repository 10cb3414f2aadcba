import type { Gateway } from "../config/compile.ts";
import type { WaitUntil } from "./admit/flights.ts";
import type { Identifier } from "./admit/identify.ts";
import type { Leases } from "./admit/lease.ts";
import type { Assert } from "./forward/assertion.ts";
import type { OriginOf } from "./origins/origins.ts";

/** What the pipeline works with; one for each isolate. */
export interface DataPlane {
  readonly gateway: Gateway;
  readonly identifier: Identifier;
  readonly leases: Leases;
  readonly originOf: OriginOf;
  readonly assert: Assert;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: (line: string) => void;
}

/** What belongs to one request alone. */
export interface Visit {
  readonly request: Request;
  readonly url: URL;
  readonly requestId: string;
  readonly client: string;
  readonly waitUntil: WaitUntil;
}
