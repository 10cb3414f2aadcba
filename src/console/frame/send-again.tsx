/** A form that was sent but could not be looked at: the answer keeps what was filled in, to be sent again. */

import type { MiddlewareHandler } from "hono";
import type { PropsWithChildren } from "hono/jsx";
import { isRefusal } from "../../errors.ts";
import { isSameSite } from "../../management/same-site.ts";
import { readSentForm } from "./form.ts";
import { Kept } from "./kept.tsx";
import { show } from "./layout.tsx";
import type { ConsoleEnv, Visit } from "./visit.ts";

/** Another site's form must not become one of ours, which the visitor then sends with their session. */
export const keepSent: MiddlewareHandler<ConsoleEnv> = async (c, next) => {
  if (c.req.method === "POST" && isSameSite(c.req.raw)) {
    const form = await readSentForm(c.req.raw.clone());
    if (!isRefusal(form) && form.entries().length > 0) c.set("sent", form);
  }
  await next();
};

interface SendAgainProps {
  readonly c: Visit;
  readonly button?: string;
}

/**
 * Nothing if no form was sent. The form keeps its opener. If someone is signed in, `show` puts them first, and the first one counts.
 */
export function SendAgain({ c, button = "Send the form again", children }: PropsWithChildren<SendAgainProps>) {
  const { sent } = c.var;
  if (!sent) return null;
  return (
    <form class="sheet" method="post" action={c.req.path}>
      <Kept fields={sent.entries()} />
      <p>{children}</p>
      <button type="submit">{button}</button>
    </form>
  );
}

/** Someone else has signed in, in another tab of the browser, since the form was opened. */
export function askWhetherAs(c: Visit, name: string): Response | Promise<Response> {
  return show(
    c,
    { title: "Signed in as someone else", status: 409 },
    <>
      <h1>You are signed in as someone else now</h1>
      <SendAgain c={c} button={`Send it as ${name}`}>
        <strong>Nothing was done yet, and what you filled in is kept on this page.</strong> When you opened the form,
        someone else was signed in to this browser. Now it is {name}. To send the form as before, sign in as before in
        another tab, and go back here.
      </SendAgain>
    </>,
  );
}
