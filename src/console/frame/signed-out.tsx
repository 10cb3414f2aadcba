import { describe, type Refusal } from "../../errors.ts";
import { show } from "./layout.tsx";
import { Copyable, Notice } from "./parts.tsx";
import { SendAgain } from "./send-again.tsx";
import type { Visit } from "./visit.ts";

const COMMAND = "npx --no-install keygate console";

/** `why`: the reason why the browser's session ended. What was filled in is kept, to be sent again after the next sign-in. */
export function showSignedOut(c: Visit, why: Refusal | undefined): Response | Promise<Response> {
  if (why) c.set("refusal", why);
  return show(
    c,
    { title: "Sign in", status: c.req.path === "/" ? 200 : 401 },
    <>
      <h1>Sign in</h1>
      <SendAgain c={c}>
        <strong>Nothing was done yet, and what you filled in is kept on this page.</strong> Sign in in another tab of
        this browser. Then send the form again here.
      </SendAgain>
      {why && <Notice kind="note">{describe(why).detail}</Notice>}
      <p>
        Members of an organization create, view and revoke its API keys here. The platform team manages organizations.
        You sign in with a link that works once. There is no password.
      </p>
      <h2>How to get a link</h2>
      <ul>
        <li>Ask an owner of your organization. They create one for you on the page Members.</li>
        <li>
          On the platform team? This command prints a link for you. It needs the root token:
          <Copyable id="sign-in-command" label="the command" text={COMMAND} />
        </li>
        <li>
          On your own machine, <code>npm start</code> prints a link for the demo's owner and one for its admin.
        </li>
      </ul>
      <p>
        Do you only call the API? Then you need no account. Read the <a href="/guide">guide</a>.
      </p>
    </>,
  );
}
