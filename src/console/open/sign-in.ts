/** The pages on which members sign in and out. */

import type { Context } from "hono";
import { html } from "hono/html";
import { Hono } from "hono/tiny";
import type { Control } from "../../control/control.ts";
import { findRootLink, signInAsRoot, signOutRoot } from "../../control/sessions/root-session.ts";
import { signIn, signOut } from "../../control/sessions/session.ts";
import { findSignInLink } from "../../control/sessions/sign-in-link.ts";
import { describe, isRefusal, type Refusal } from "../../errors.ts";
import type { ManagementEnv } from "../../management/dispatch.ts";
import { isSameSite } from "../../management/same-site.ts";
import { expiredCookie, sessionCookie, sessionToken } from "../../management/session.ts";
import { page, privatePage } from "./page.ts";

type Visit = Context<ManagementEnv>;

export const signInPages = new Hono<ManagementEnv>()
  .use("/sign-in/*", privatePage)
  .use("/sign-out", privatePage)
  // Does not use up the link: mail programs and chats open links to preview them.
  .get("/sign-in/:token", async (c) => {
    const link = await findSignInLink(c.var.control, c.req.param("token"));
    if (isRefusal(link)) return refuse(c, link);
    const { memberName, email, organizationName } = link;
    return c.html(
      page(
        "Sign in",
        html`Keygate`,
        html`<h1>Sign in</h1>
    <p>You will be signed in to <strong>${organizationName}</strong> as <strong>${memberName}</strong> (${email}).</p>
    <form method="post"><button type="submit">Sign in</button></form>`,
      ),
    );
  })
  .post("/sign-in/:token", async (c) => {
    const { control, requestId } = c.var;
    // Else another site could sign its visitors in to an account that it controls.
    if (!isSameSite(c.req.raw, control.gateway.controlUrl)) return refuse(c, { code: "cross_site_refused" });
    const linkToken = c.req.param("token");
    const previous = sessionToken(c.req.raw);
    const link = await findSignInLink(control, linkToken);
    if (isRefusal(link)) return refuse(c, link);
    const refusal = previous === undefined ? undefined : await signOutRoot(control, previous);
    if (refusal) return refuse(c, refusal);
    const signedIn = await signIn(control, { linkToken, previous, requestId });
    if (isRefusal(signedIn)) return refuse(c, signedIn);
    c.header("Set-Cookie", sessionCookie(signedIn.token));
    return c.redirect(signedIn.next, 303);
  })
  .get("/sign-in/root/:token", async (c) => {
    const link = await findRootLink(c.var.control, c.req.param("token"));
    if (isRefusal(link)) return refuse(c, link);
    return c.html(
      page(
        "Sign in",
        html`Keygate`,
        html`<h1>Sign in</h1>
    <p>You will be signed in as the <strong>platform team</strong>, to every organization, for an hour.</p>
    <form method="post"><button type="submit">Sign in</button></form>`,
      ),
    );
  })
  .post("/sign-in/root/:token", async (c) => {
    const { control, requestId } = c.var;
    if (!isSameSite(c.req.raw, control.gateway.controlUrl)) return refuse(c, { code: "cross_site_refused" });
    const link = await findRootLink(control, c.req.param("token"));
    if (isRefusal(link)) return refuse(c, link);
    const refusal = await signOutAll(control, requestId, sessionToken(c.req.raw));
    if (refusal) return refuse(c, refusal);
    const token = await signInAsRoot(control, c.req.param("token"));
    if (isRefusal(token)) return refuse(c, token);
    c.header("Set-Cookie", sessionCookie(token));
    return c.redirect("/organizations", 303);
  })
  .post("/sign-out", async (c) => {
    const { control, requestId } = c.var;
    if (!isSameSite(c.req.raw, control.gateway.controlUrl)) return refuse(c, { code: "cross_site_refused" });
    const refusal = await signOutAll(control, requestId, sessionToken(c.req.raw));
    if (refusal) return refuse(c, refusal);
    c.header("Set-Cookie", expiredCookie());
    return c.redirect("/", 303);
  });

/** Ends the session of the browser's cookie, of either kind. */
async function signOutAll(
  control: Control,
  requestId: string,
  token: string | undefined,
): Promise<Refusal | undefined> {
  if (token === undefined) return undefined;
  return (await signOut(control, requestId, token)) ?? signOutRoot(control, token);
}

function refuse(c: Visit, refusal: Refusal) {
  const { status, title, detail, fix, retryAfter } = describe(refusal);
  c.set("refusal", refusal);
  if (retryAfter !== undefined) c.header("Retry-After", String(retryAfter));
  return c.html(
    page(
      title,
      html`Keygate`,
      html`<p class="status">${status}</p>
    <h1>${title}</h1>
    <p>${detail}</p>
    <h2>What to do</h2><p>${fix}</p>
    <p><a href="/errors/${refusal.code}"><code>${refusal.code}</code></a>, request <code>${c.var.requestId}</code></p>`,
    ),
    status as 401 | 403,
  );
}
