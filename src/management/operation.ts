/**
 * One call of the management API, described once: what parses it, and the one verb that it calls. What only the OpenAPI document needs
 * is elsewhere, so that the Worker does not carry it: the form of the answer in `answers/`, what the call does in `documented-calls.ts`,
 * and what its fields mean in `documented-fields.ts`.
 */

import type * as z from "zod";
import type { Effect } from "../control/commit.ts";
import type { Caller, Control } from "../control/control.ts";
import type { Refusal } from "../errors.ts";
import type { AffectedKind } from "../store/outbox.ts";
import type { CallKind } from "./call-limits.ts";

export interface Asked<Query, Body> {
  readonly control: Control;
  readonly caller: Caller;
  /** The `:id` of the path; empty if it has none. */
  readonly id: string;
  /** The `:secret_id`, likewise. */
  readonly secretId: string;
  readonly query: Query;
  readonly body: Body;
}

export interface Answer {
  readonly body: object;
  /** Its version, for `ETag`. */
  readonly version?: string | undefined;
  /** Whether all authorities know of a change of rights. Until then the answer is 202. */
  readonly effect?: Effect | undefined;
  /** An earlier request with the same `Idempotency-Key` did the work. */
  readonly isReplayed?: boolean;
}

export interface Operation<Query extends z.ZodType = z.ZodType, Body extends z.ZodType = z.ZodType> {
  readonly method: "get" | "post" | "patch" | "delete";
  readonly path: `/v1/${string}`;
  /** What its calls count as. By default `read` for GET, `end` for DELETE, or else `change`. */
  readonly kind?: CallKind;
  /** `operationId` of the OpenAPI document. */
  readonly name: string;
  readonly query?: Query;
  readonly body?: Body;
  /** The most bytes of a body, if not the usual number. */
  readonly maxBodyBytes?: number;
  /** 201 if the call creates a record. */
  readonly status?: 200 | 201;
  /** Takes `If-Match`; its answers have an `ETag`. */
  readonly versioned?: boolean;
  /** The answer can be 202. Whose keys' authorities have to know of the change. */
  readonly delayed?: AffectedKind;
  /** Takes `Idempotency-Key`: shows again what the call has made or changed, by its id, without any secret. */
  readonly replay?: (asked: Asked<unknown, unknown>) => Promise<Answer | Refusal>;
  readonly handle: (asked: Asked<z.output<Query>, z.output<Body>>) => Promise<Answer | Refusal>;
}

/** Checks the types of one operation against each other, then drops them, so that all operations fit into one list. */
export function operation<Query extends z.ZodType = z.ZodUndefined, Body extends z.ZodType = z.ZodUndefined>(
  described: Operation<Query, Body>,
): Operation {
  return described as unknown as Operation;
}
