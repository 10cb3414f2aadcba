import type { Gateway, Route } from "../config/compile.ts";
import type { Assert } from "./assertion.ts";
import type { WaitUntil } from "./flights.ts";
import type { OriginFetch } from "./forward.ts";
import type { Identifier } from "./identify.ts";
import type { Leases } from "./lease.ts";
import type { RetryBudget } from "./retry.ts";

/** What the pipeline works with; one for each isolate. */
export interface DataPlane {
  readonly gateway: Gateway;
  readonly identifier: Identifier;
  readonly leases: Leases;
  readonly originFetch: (route: Route, environment: string) => OriginFetch;
  readonly assert: Assert;
  readonly retries: RetryBudget;
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
