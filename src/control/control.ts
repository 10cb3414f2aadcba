/** What the use cases work with. */

import type { Gateway } from "../config/compile.ts";
import type { RandomBytes } from "../domain/secret.ts";
import type { AuditEvent } from "../store/audit.ts";
import type { TellAuthority } from "../store/delivery.ts";
import type { Pepper } from "../store/peppers.ts";

export interface Control {
  readonly db: D1Database;
  readonly gateway: Gateway;
  /** Hashes new secrets. */
  readonly pepper: Pepper;
  readonly now: () => number;
  readonly randomBytes: RandomBytes;
  readonly newId: (kind: IdKind) => string;
  /** Rejects where the key's authority does not yet know. */
  readonly tellAuthority: TellAuthority;
  /** Has the courier look at the outbox soon, for what this writer does not live to tell. */
  readonly callCourier: () => Promise<void>;
}

export type IdKind = "org" | "ws" | "mem" | "key" | "evt" | "ver" | "chg";

/** Who asks, and in which request. */
export interface Caller {
  /** `root`, or the id of a member or key. */
  readonly actor: string;
  readonly requestId: string;
}

export function auditEvent(
  control: Control,
  caller: Caller,
  event: Pick<AuditEvent, "organizationId" | "action" | "target" | "details">,
): AuditEvent {
  return { id: control.newId("evt"), at: control.now(), actor: caller.actor, requestId: caller.requestId, ...event };
}
