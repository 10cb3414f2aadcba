/** One kind of credential. Which kind it was, only its scheme knows: the later steps get a principal. */

import type { Asked } from "../../decide/authorize.ts";
import type { Account, Principal } from "../../decide/principal.ts";
import type { PolicyState } from "../../domain/lease.ts";
import type { FoundIn } from "../../domain/log-line.ts";
import type { Refusal } from "../../errors.ts";
import type { Visit } from "../visit.ts";

export interface Scheme<Credential = unknown> {
  /** Without I/O. `undefined` if the request has no credential of this kind, and the next scheme has to look. */
  read(headers: Headers): Credential | Refusal | undefined;
  /** Decides about the request, and takes a token. */
  admit(credential: Credential, asked: Asked, visit: Visit): Promise<Admission>;
  /** Decides again while the request is still being answered. Takes no token. `undefined` if it would be admitted. */
  readmit(credential: Credential, asked: Asked, visit: Visit): Promise<Refusal | undefined>;
}

export interface Admission {
  readonly outcome: Principal | Refusal;
  /** Who calls, also if they are refused; `undefined` if that is not known. */
  readonly caller: Principal | undefined;
  readonly foundIn: FoundIn | undefined;
  /** What the request counts as a use of; `undefined` if that is not known. */
  readonly account: Account | undefined;
  readonly policies: readonly PolicyState[];
  /** The authority could not be reached, but the route allows that. */
  readonly degraded?: boolean | undefined;
}
