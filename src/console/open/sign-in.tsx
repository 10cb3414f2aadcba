/** The pages on which members and the platform team sign in and out. */

import type { Child } from "hono/jsx";
import { Hono } from "hono/tiny";
import type { Control } from "../../control/control.ts";
import { findRootLink, signInAsRoot, signOutRoot } from "../../control/sessions/root-session.ts";
import { signIn, signOut } from "../../control/sessions/session.ts";
import { findSignInLink } from "../../control/sessions/sign-in-link.ts";
import { deviceOf } from "../../domain/device.ts";
import { type ClientPlace, placeOf } from "../../domain/location.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { isSameSite } from "../../management/same-site.ts";
import { expiredCookie, sessionCookie, sessionToken } from "../../management/session.ts";
import { show } from "../frame/layout.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv, Visit } from "../frame/visit.ts";

const LOOPBACK = /^(?:127\.|::1$)/;

export const signInPages = new Hono<ConsoleEnv>()
  // Does not use up the link: mail programs and chats open links to preview them.
  .get("/sign-in/:token", async (c) => {
    const link = await findSignInLink(c.var.control, c.req.param("token"));
    if (isRefusal(link)) return showRefusal(c, link);
    const { memberName, email, organizationName } = link;
    return askToSignIn(
      c,
      <>
        You will be signed in to <strong>{organizationName}</strong> as <strong>{memberName}</strong> ({email}).
      </>,
    );
  })
  .post("/sign-in/:token", async (c) => {
    const { control, requestId } = c.var;
    // Else another site could sign its visitors in to an account that it controls.
    if (!isSameSite(c.req.raw)) return showRefusal(c, { code: "cross_site_refused" });
    const linkToken = c.req.param("token");
    const previous = sessionToken(c.req.raw);
    const link = await findSignInLink(control, linkToken);
    if (isRefusal(link)) return showRefusal(c, link);
    const refusal = previous === undefined ? undefined : await signOutRoot(control, previous);
    if (refusal) return showRefusal(c, refusal);
    const { raw } = c.req;
    const device = deviceOf(raw.headers.get("user-agent") ?? "");
    // The edge knows no place of a client on this machine, and the dev server makes one up.
    const isKnown = control.gateway.keepsPlaces && !LOOPBACK.test(raw.headers.get("cf-connecting-ip") ?? "");
    const place = isKnown ? placeOf((raw.cf ?? {}) as ClientPlace) : null;
    const signedIn = await signIn(control, { linkToken, previous, requestId, device, place });
    if (isRefusal(signedIn)) return showRefusal(c, signedIn);
    c.header("Set-Cookie", sessionCookie(signedIn.token));
    return c.redirect(signedIn.next, 303);
  })
  .get("/sign-in/root/:token", async (c) => {
    const link = await findRootLink(c.var.control, c.req.param("token"));
    if (isRefusal(link)) return showRefusal(c, link);
    return askToSignIn(
      c,
      <>
        You will be signed in as the <strong>platform team</strong>, to every organization, for an hour.
      </>,
    );
  })
  .post("/sign-in/root/:token", async (c) => {
    const { control, requestId } = c.var;
    if (!isSameSite(c.req.raw)) return showRefusal(c, { code: "cross_site_refused" });
    const link = await findRootLink(control, c.req.param("token"));
    if (isRefusal(link)) return showRefusal(c, link);
    const refusal = await signOutAll(control, requestId, sessionToken(c.req.raw));
    if (refusal) return showRefusal(c, refusal);
    const token = await signInAsRoot(control, c.req.param("token"));
    if (isRefusal(token)) return showRefusal(c, token);
    c.header("Set-Cookie", sessionCookie(token));
    return c.redirect("/organizations", 303);
  })
  .post("/sign-out", async (c) => {
    const { control, requestId } = c.var;
    if (!isSameSite(c.req.raw)) return showRefusal(c, { code: "cross_site_refused" });
    const refusal = await signOutAll(control, requestId, sessionToken(c.req.raw));
    if (refusal) return showRefusal(c, refusal);
    c.header("Set-Cookie", expiredCookie());
    return c.redirect("/", 303);
  });

function askToSignIn(c: Visit, who: Child) {
  return show(
    c,
    { title: "Sign in" },
    <>
      <h1>Sign in</h1>
      <form class="sheet" method="post">
        <p>{who}</p>
        <button type="submit">Sign in</button>
      </form>
    </>,
  );
}

/** Ends the session of the browser's cookie, of either kind. */
async function signOutAll(
  control: Control,
  requestId: string,
  token: string | undefined,
): Promise<Refusal | undefined> {
  if (token === undefined) return undefined;
  return (await signOut(control, requestId, token)) ?? signOutRoot(control, token);
}
