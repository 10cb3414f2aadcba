/** A request for a page, and who makes it. */

import type { Context } from "hono";
import type { Caller } from "../../control/control.ts";
import type { Viewed } from "../../control/sessions/view.ts";
import type { ManagementEnv } from "../../management/dispatch.ts";
import type { MemberSession } from "../../store/sessions.ts";
import type { Form } from "./form.ts";

export interface Visitor {
  readonly caller: Caller;
  readonly session: Pick<MemberSession, "memberId" | "organizationId" | "member" | "organization">;
}

export interface ConsoleEnv {
  Variables: ManagementEnv["Variables"] & {
    /** A signed-in member, or the one as whom the platform team looks. */
    visitor: Visitor;
    /** The platform team, on its own pages. */
    root: Caller | undefined;
    /** The platform team looks as a member, on any page. */
    viewed: Viewed | undefined;
    /** The form of this request, as it came. */
    sent: Form | undefined;
  };
}

export type Visit = Context<ConsoleEnv>;

/** The caller on the platform team's pages. */
export const rootOf = (c: Visit): Caller => c.var.root as Caller;

/** The address of a page of a sign-in link is as good as a password, so no script runs there. */
export const isWithoutScript = ({ req }: Pick<Visit, "req">): boolean => req.path.startsWith("/sign-in/");
