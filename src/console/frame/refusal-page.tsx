import type { ContentfulStatusCode } from "hono/utils/http-status";
import { describe, type Refusal } from "../../errors.ts";
import { show } from "./layout.tsx";
import { SendAgain } from "./send-again.tsx";
import type { Visit } from "./visit.ts";

/** For a refusal that cannot be shown on its own page. */
export function showRefusal(c: Visit, refusal: Refusal): Response | Promise<Response> {
  const { status, title, detail, fix, retryAfter } = describe(refusal);
  c.set("refusal", refusal);
  if (retryAfter !== undefined) c.header("Retry-After", String(retryAfter));
  return show(
    c,
    { title, status: status as ContentfulStatusCode },
    <>
      <h1>{title}</h1>
      <p>{detail}</p>
      <p>{fix}</p>
      {status === 404 && (
        <p>
          Go to the <a href="/">start page</a>, or <a href="/go">search</a>.
        </p>
      )}
      {(retryAfter !== undefined || status >= 500) && (
        <SendAgain c={c}>
          <strong>What you filled in is kept on this page.</strong>{" "}
          {status >= 500
            ? "It is not certain that nothing was done. Look at the page that it changes before you send it again."
            : "Nothing was done yet. You can send the form again here."}
        </SendAgain>
      )}
      <p class="faint">
        <a href={`/errors/${refusal.code}`}>
          <code>{refusal.code}</code>
        </a>
        , request <code>{c.var.requestId}</code>
      </p>
    </>,
  );
}

/** While the platform team looks as a member. The form that was sent is the member's, so it is not kept. */
export function refuseChange(c: Visit): Response | Promise<Response> {
  const problem = "You see the console as a member, so you cannot change anything. End the view first.";
  c.set("refusal", { code: "management_forbidden", problem });
  return show(
    c,
    { title: "Nothing was changed", status: 403 },
    <>
      <h1>Nothing was changed</h1>
      <p>{problem}</p>
    </>,
  );
}
