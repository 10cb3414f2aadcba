import { describe, isRefusal, type Refusal } from "../../errors.ts";
import { isSameSite } from "../../management/same-site.ts";
import { type Form, readForm } from "./form.ts";
import { Kept } from "./kept.tsx";
import { show } from "./layout.tsx";
import { Copyable, Notice } from "./parts.tsx";
import type { Visit } from "./visit.ts";

const COMMAND = "npx --no-install keygate console";

/** `why`: the reason why the browser's session ended. What was filled in is kept, to be sent again after the next sign-in. */
export async function showSignedOut(c: Visit, why: Refusal | undefined): Promise<Response> {
  const form = await formSent(c);
  return show(
    c,
    { title: "Sign in", status: c.req.path === "/" ? 200 : 401 },
    <>
      <h1>Sign in</h1>
      {form && <SendAgain path={c.req.path} form={form} />}
      {why && <Notice kind="note">{describe(why).detail}</Notice>}
      <p>
        Members of an organization create, view and revoke its API keys here. The platform team manages organizations.
        You sign in with a link that works once, for ten minutes. There is no password.
      </p>
      <h2>How to get a link</h2>
      <ul>
        <li>Ask an owner of your organization. They create one on the page Members.</li>
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

/** Another site's form must not become one of ours, which the visitor then sends with their session. */
async function formSent({ req, var: { control } }: Visit): Promise<Form | undefined> {
  if (req.method !== "POST" || !isSameSite(req.raw, control.gateway.controlUrl)) return undefined;
  const form = await readForm(req.raw);
  return isRefusal(form) || form.entries().length === 0 ? undefined : form;
}

function SendAgain({ path, form }: { path: string; form: Form }) {
  return (
    <form class="sheet" method="post" action={path}>
      <Kept fields={form.entries()} />
      <p>
        <strong>Nothing was done yet, and what you filled in is kept on this page.</strong> Sign in in another tab of
        this browser. Then send the form again here.
      </p>
      <button type="submit">Send the form again</button>
    </form>
  );
}
