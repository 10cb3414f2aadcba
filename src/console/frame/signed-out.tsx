import { describe, type Refusal } from "../../errors.ts";
import { show } from "./layout.tsx";
import { Copyable, Notice } from "./parts.tsx";
import type { Visit } from "./visit.ts";

const COMMAND = "npx --no-install keygate console";

/** `why`: what ended the session that the browser still has. */
export function showSignedOut(c: Visit, why: Refusal | undefined): Response | Promise<Response> {
  return show(
    c,
    { title: "Sign in", status: c.req.path === "/" ? 200 : 401 },
    <>
      <h1>Sign in</h1>
      {why && <Notice kind="note">{describe(why).detail}</Notice>}
      <p>
        Here the members of an organization make, see and end its API keys, and the platform team its organizations. You
        sign in with a link that works once, within ten minutes; there is no password.
      </p>
      <h2>How to get a link</h2>
      <ul>
        <li>Ask an owner of your organization: they make one on the page Members.</li>
        <li>
          On the platform team? This command, with the root token, prints a link for you:
          <Copyable id="sign-in-command" label="the command" text={COMMAND} />
        </li>
        <li>
          On your own machine, <code>npm start</code> prints a link for the demo's owner and one for its admin.
        </li>
      </ul>
      <p>
        You only call the API? You need no account here: read the <a href="/guide">guide</a>.
      </p>
    </>,
  );
}
