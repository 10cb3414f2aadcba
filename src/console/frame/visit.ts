/** A request for a page, and who makes it. */

import type { Context, MiddlewareHandler } from "hono";
import type { Caller } from "../../control/control.ts";
import { isRefusal } from "../../errors.ts";
import { callerOfSession } from "../../management/caller.ts";
import type { ManagementEnv } from "../../management/dispatch.ts";
import { readRootCaller, readSession } from "../../management/session.ts";
import type { MemberSession } from "../../store/sessions.ts";
import { showRefusal } from "./refusal-page.tsx";
import { showSignedOut } from "./signed-out.tsx";

export interface Visitor {
  readonly caller: Caller;
  readonly session: MemberSession;
}

export interface ConsoleEnv {
  Variables: ManagementEnv["Variables"] & {
    /** A signed-in member. */
    visitor: Visitor;
    /** The platform team, on its own pages. */
    root: Caller | undefined;
  };
}

export type Visit = Context<ConsoleEnv>;

/** The caller on the platform team's pages. */
export const rootOf = (c: Visit): Caller => c.var.root as Caller;

/** Pages accept only members' sessions: a token or key in a header is ignored. */
export const requireVisitor: MiddlewareHandler<ConsoleEnv> = async (c, next) => {
  const session = await readSession(c.req.raw, c.var.control);
  if (!session) return showSignedOut(c, undefined);
  if (isRefusal(session)) {
    const root = await readRootCaller(c.req.raw, c.var.control);
    if (root && !isRefusal(root)) return c.redirect("/organizations", 303);
    // Of a cookie of the platform team, only the look for their session says what is wrong with it.
    const refusal = root ?? session;
    const isOver = refusal.code === "session_ended" || refusal.code === "organization_suspended";
    return isOver ? showSignedOut(c, refusal) : showRefusal(c, refusal);
  }
  const caller = { ...callerOfSession(session, c.var.control), requestId: c.var.requestId };
  c.set("visitor", { caller, session });
  return next();
};

/** Only the platform team can open its pages: members are asked to sign in. */
export const requireRootVisitor: MiddlewareHandler<ConsoleEnv> = async (c, next) => {
  const caller = await readRootCaller(c.req.raw, c.var.control);
  if (!caller) return showSignedOut(c, undefined);
  if (isRefusal(caller)) return caller.code === "session_ended" ? showSignedOut(c, caller) : showRefusal(c, caller);
  c.set("root", { ...caller, requestId: c.var.requestId });
  return next();
};
