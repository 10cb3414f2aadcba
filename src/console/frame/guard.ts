/** Who can open which pages, and how often. */

import type { MiddlewareHandler, Next } from "hono";
import type { Caller } from "../../control/control.ts";
import { findViewed } from "../../control/sessions/view.ts";
import { standingOfMember } from "../../control/standing.ts";
import { isRefusal } from "../../errors.ts";
import { admitCall, type CallKind, deniedBefore } from "../../management/call-limits.ts";
import { callerOfSession } from "../../management/caller.ts";
import { readRootCaller, readSession, sessionToken } from "../../management/session.ts";
import { askedOnce } from "../../store/asked-once.ts";
import { StorageFailure } from "../../store/boundary.ts";
import type { MemberSession } from "../../store/sessions.ts";
import { isOfAnother, ROOT } from "./opened-by.ts";
import { refuseChange, showRefusal } from "./refusal-page.tsx";
import { askWhetherAs } from "./send-again.tsx";
import { showSignedOut } from "./signed-out.tsx";
import { END_OF_VIEW } from "./viewing.tsx";
import type { ConsoleEnv, Visit, Visitor } from "./visit.ts";

type Who = Omit<Caller, "requestId">;

/** Pages accept only members' sessions: a token or key in a header is ignored. */
export const requireVisitor: MiddlewareHandler<ConsoleEnv> = async (c, next) => {
  const denied = deniedBefore(c, credentialOf(c), kindOfVisit(c));
  if (denied) return showRefusal(c, denied);
  const session = await readSession(c.req.raw, c.var.control);
  if (!session) return showSignedOut(c, undefined);
  if (isRefusal(session)) {
    const root = await readRootCaller(c.req.raw, c.var.control);
    if (root && !isRefusal(root)) {
      const viewing = await viewOf(c, root);
      if (!viewing) return c.var.sent ? showSignedOut(c, undefined) : c.redirect("/organizations", 303);
      c.set("caller", { ...root, requestId: c.var.requestId });
      c.set("visitor", viewing);
      return kindOfVisit(c) === "read" ? countVisit(c, root, next) : refuseChange(c);
    }
    // If the cookie is the platform team's, only `readRootCaller` knows what is wrong with it.
    const refusal = root ?? session;
    const isOver = refusal.code === "session_ended" || refusal.code === "organization_suspended";
    return isOver ? showSignedOut(c, refusal) : showRefusal(c, refusal);
  }
  const caller = { ...callerOfSession(session, c.var.control), requestId: c.var.requestId };
  c.set("caller", caller);
  c.set("visitor", { caller, session });
  const { member, organization } = session;
  if (isOfAnother(c.var.sent, member.id)) return askWhetherAs(c, `${member.name} of ${organization.name}`);
  return countVisit(c, caller, next);
};

/** Only the platform team can open its pages: members are asked to sign in. */
export const requireRootVisitor: MiddlewareHandler<ConsoleEnv> = async (c, next) => {
  const caller = await readRootCaller(c.req.raw, c.var.control);
  if (!caller) return showSignedOut(c, undefined);
  if (isRefusal(caller)) return caller.code === "session_ended" ? showSignedOut(c, caller) : showRefusal(c, caller);
  c.set("caller", { ...caller, requestId: c.var.requestId });
  c.set("root", c.var.caller);
  const canChange = kindOfVisit(c) === "read" || c.req.path === END_OF_VIEW;
  if ((await viewOf(c, caller)) && !canChange) return refuseChange(c);
  if (isOfAnother(c.var.sent, ROOT)) return askWhetherAs(c, "the platform team");
  return countVisit(c, caller, next);
};

/** The member as whom the platform team looks, as the pages' visitor. */
async function viewOf(c: Visit, root: Who): Promise<Visitor | undefined> {
  const viewed = await findViewed(c.var.control, root);
  if (!viewed) return undefined;
  c.set("viewed", viewed);
  const { member, organization } = viewed;
  const { id: memberId, organizationId } = member;
  const standing = standingOfMember(member, c.var.control.gateway);
  const caller = { actor: memberId, via: root.via, requestId: c.var.requestId, standing };
  return { caller, session: { memberId, organizationId, member, organization } };
}

/**
 * For pages that are open to everyone: those who are signed in keep their navigation. Whatever prevents that leaves the page as it
 * is for others, because it may be the one that explains why.
 */
export async function greet(c: Visit): Promise<void> {
  if (sessionToken(c.req.raw) === undefined || deniedBefore(c, credentialOf(c), "read")) return;
  try {
    const session = await readSession(c.req.raw, c.var.control);
    if (session && !isRefusal(session)) return await admitGreeted(c, callerOfSession(session, c.var.control), session);
    const root = await readRootCaller(c.req.raw, c.var.control);
    if (root && !isRefusal(root)) {
      await admitGreeted(c, root, undefined);
      const viewing = c.var.root && (await viewOf(c, root));
      if (viewing) c.set("visitor", viewing);
    }
  } catch (error) {
    if (!(error instanceof StorageFailure)) throw error;
  }
}

export const greetVisitor: MiddlewareHandler<ConsoleEnv> = async (c, next) => {
  await greet(c);
  await make(c, next);
};

async function admitGreeted(c: Visit, who: Who, session: MemberSession | undefined) {
  const { refusal } = await admitCall(c, credentialOf(c), who, "read");
  if (refusal) return;
  const caller = { ...who, requestId: c.var.requestId };
  if (session) c.set("visitor", { caller, session });
  else c.set("root", caller);
}

const credentialOf = (c: Visit) => sessionToken(c.req.raw) ?? "";

/** Forms that only take rights away, and those that change nothing. */
const ENDS = /\/(?:revoke|disable|suspend|delete|remove|end|end-others|end-sessions)$/;
const READS = /\/(?:explain|summary)$/;

/** Pages and forms count like the calls of the management API that do the same. */
export function kindOfVisit({ req: { method, path } }: Pick<Visit, "req">): CallKind {
  if (method === "GET" || method === "HEAD" || READS.test(path)) return "read";
  return ENDS.test(path) ? "end" : "change";
}

/** Parts of a page ask the same: whose key it is, who the members are. A form changes what they would hear. */
async function make(c: Visit, next: Next): Promise<void> {
  if (c.req.method !== "GET") return next();
  const { db, end } = askedOnce(c.var.control.db);
  c.set("control", { ...c.var.control, db });
  await next();
  end();
}

async function countVisit(c: Visit, who: Who, next: Next): Promise<Response | undefined> {
  const { refusal, headers } = await admitCall(c, credentialOf(c), who, kindOfVisit(c));
  if (refusal) return showRefusal(c, refusal);
  await make(c, next);
  for (const [name, value] of headers) c.header(name, value);
  return undefined;
}
