/** What the use cases work with. */

import type { Gateway } from "../config/compile.ts";
import type { FoundRequest, Place, RequestFilter, RequestPage } from "../domain/kept-request.ts";
import type { KeyRecord } from "../domain/key.ts";
import type { LatencyQuestion, LatencySum } from "../domain/latency-sums.ts";
import type { LimitState } from "../domain/limit-state.ts";
import type { Location } from "../domain/location.ts";
import type { Reconciled } from "../domain/record-changes.ts";
import type { Rights, Role } from "../domain/rights.ts";
import type { Scope } from "../domain/scope.ts";
import type { RandomBytes } from "../domain/secret.ts";
import type { RouteTraffic } from "../domain/traffic.ts";
import type { TrafficQuestion, TrafficSum } from "../domain/traffic-sums.ts";
import type { UsageAnswer, UsageQuestion } from "../domain/usage-sums.ts";
import type { Refusal } from "../errors.ts";
import type { AuditEvent } from "../store/audit.ts";
import type { TellAuthority } from "../store/delivery.ts";
import type { FoundKey } from "../store/key-finder.ts";
import type { Pepper } from "../store/peppers.ts";
import type { Cleanup } from "../store/retention.ts";
import { boundedDetails } from "./audit-details.ts";

export interface Control {
  readonly db: D1Database;
  readonly gateway: Gateway;
  /** The first hashes new secrets. */
  readonly peppers: readonly [Pepper, ...Pepper[]];
  readonly now: () => number;
  readonly randomBytes: RandomBytes;
  readonly newId: (kind: IdKind) => string;
  /** Near who calls, if that is known. */
  readonly nearCaller: Location | undefined;
  /** The key of a secret, by D1. */
  readonly findSecret: (secret: string) => Promise<FoundKey | Refusal | undefined>;
  readonly look: Look;
  /** As the key's authority has them. Rejects if it cannot be asked. */
  readonly readLimits: (environment: string, keyId: string) => Promise<readonly LimitState[] | Refusal>;
  /** Resets every limit, except for lent tokens; returns the new state. */
  readonly resetLimits: (environment: string, keyId: string) => Promise<readonly LimitState[] | Refusal>;
  /** Rejects if the key's authority does not know yet. */
  readonly tellAuthority: TellAuthority;
  /** Makes the courier look at the outbox soon, in case this writer dies before it has told the authorities. */
  readonly callCourier: () => Promise<void>;
  /** Remembers at once what ended, instead of within a minute, in case D1 is restored. */
  readonly collectTombstones: () => Promise<void>;
  /** Of the requests that the collector of this number keeps. Rejects if it cannot be asked. */
  readonly findRequest: (collector: number, id: string) => Promise<FoundRequest | undefined>;
  /** One more than the page holds, if there is one. `null`: of no known organization. */
  readonly listRequests: (
    collector: number,
    place: Place | null,
    filter: RequestFilter,
    page: RequestPage,
  ) => Promise<readonly FoundRequest[]>;
  /** The ids of the keys that have requests there. */
  readonly keysOfRequests: (collector: number, place: Place) => Promise<readonly string[]>;
  /** Of the collector of this number. Rejects if it cannot be asked. */
  readonly readUsage: (collector: number, question: UsageQuestion) => Promise<UsageAnswer | "too much">;
  /** Of all requests that the collector of this number has heard of: in some hours, and since it began. Rejects if it cannot be asked. */
  readonly readTraffic: (collector: number, question: TrafficQuestion) => Promise<readonly TrafficSum[]>;
  readonly readLatency: (collector: number, question: LatencyQuestion) => Promise<readonly LatencySum[]>;
  readonly readTrafficTotals: (collector: number) => Promise<readonly RouteTraffic[]>;
  /** As the key's collector knows it. Rejects if it cannot be asked soon. */
  readonly readLastUse: (organizationId: string, keyId: string) => Promise<number | undefined>;
  /** The last deletion of old rows. Rejects if the object that does it cannot be reached. */
  readonly lastCleanup: () => Promise<Cleanup | undefined>;
  /** D1 was changed: a restore that loses the change will be noticed. */
  readonly noteRecordChange: () => Promise<void>;
  /** When D1 was last asked for edits by hand. Rejects if the object that does it cannot be reached. */
  readonly lastReconciled: () => Promise<Reconciled>;
}

/**
 * Reads D1 for what anyone can send: a cookie, or a link. Each client has a budget of such reads, and what was not found is not
 * read again for some seconds. `name`: a hash of it. The text itself is part of a header or a URL, so keeping it would keep the
 * whole header or URL in memory.
 */
export type Look = <T>(name: string, read: () => Promise<T | undefined>) => Promise<T | Refusal | undefined>;

export type IdKind = "org" | "ws" | "mem" | "key" | "evt" | "ver" | "chg" | "ses" | "krq";

/** Who asks, and in which request. */
export interface Caller {
  /** For the audit trail: `root`, or the id of a member, or of a key that acts as nobody. */
  readonly actor: string;
  /** By what they act: `root`, or the id of the session or the key. */
  readonly via: string;
  readonly requestId: string;
  readonly standing: Standing;
  /** The member as whom the platform team looks at the console. */
  readonly viewedMemberId?: string | undefined;
  /** A change is made only if the record is still at one of these versions. */
  readonly ifMatch?: readonly string[] | undefined;
  readonly idempotency?: Idempotency | undefined;
}

/** What tells a repetition from a new request. */
export interface Idempotency {
  readonly key: string;
  /** A digest of method, path and body. */
  readonly fingerprint: string;
}

/** What a caller can do: everything, or what their place in one organization allows. */
export type Standing = { readonly kind: "root" } | MemberStanding;

export interface MemberStanding {
  readonly kind: "member";
  readonly organizationId: string;
  /** `null` for a key that acts as nobody. */
  readonly memberId: string | null;
  readonly scopes: ReadonlySet<Scope>;
  /** Which sets lack a scope; empty if it is none of them. */
  readonly lacking: Rights["lacking"];
  /** The workspaces in reach; `undefined` for all. */
  readonly workspaces: ReadonlySet<string> | undefined;
  readonly manages: Role["manages"];
  /** The key that makes the call, if any: it manages keys of its environment, and grants no more than it has. */
  readonly key: KeyRecord | undefined;
}

export function auditEvent(
  control: Control,
  caller: Omit<Caller, "standing">,
  event: Pick<AuditEvent, "organizationId" | "action" | "target" | "details">,
): AuditEvent {
  const { actor, via, requestId, idempotency } = caller;
  const named = Object.fromEntries(Object.entries(event.details).map(([name, value]) => [snakeCase(name), value]));
  const details = boundedDetails(named);
  return { id: control.newId("evt"), at: control.now(), actor, via, requestId, idempotency, ...event, details };
}

/** The audit trail uses the API's names. */
function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** What a batch of D1 ran into: its own repetition under one idempotency key, or a deletion; `undefined` for a fault. */
export function collisionOf({ message }: Error): Refusal | undefined {
  if (/UNIQUE constraint failed: .*audit_events/.test(message)) {
    return { code: "conflict", problem: "Another request with the same Idempotency-Key is in progress." };
  }
  if (message.includes("FOREIGN KEY constraint failed")) {
    return { code: "conflict", problem: "A record that the request names was deleted at the same time." };
  }
  return undefined;
}
