import type { Gateway } from "../config/compile.ts";
import type { Log } from "../domain/log-line.ts";
import type { Leases } from "./admit/lease.ts";
import type { Scheme } from "./admit/scheme.ts";
import type { Assert } from "./forward/assertion.ts";
import type { OriginOf } from "./origins/origins.ts";
import type { Reporter } from "./reports/reporter.ts";

/** What the pipeline works with; one for each isolate. */
export interface DataPlane {
  readonly gateway: Gateway;
  /** Of credentials. The first that does not skip a request decides about it. */
  readonly schemes: readonly Scheme[];
  readonly leases: Leases;
  readonly reporter: Reporter;
  readonly originOf: OriginOf;
  readonly assert: Assert;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}
