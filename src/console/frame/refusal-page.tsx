import type { ContentfulStatusCode } from "hono/utils/http-status";
import { describe, type Refusal } from "../../errors.ts";
import { show } from "./layout.tsx";
import type { Visit } from "./visit.ts";

/** For a refusal that cannot be shown on its own page. */
export function showRefusal(c: Visit, refusal: Refusal): Response | Promise<Response> {
  const { status, title, detail, fix, retryAfter } = describe(refusal);
  if (retryAfter !== undefined) c.header("Retry-After", String(retryAfter));
  return show(
    c,
    { title, status: status as ContentfulStatusCode },
    <>
      <h1>{title}</h1>
      <p>{detail}</p>
      <p>{fix}</p>
      <p class="faint">
        <a href={`/errors/${refusal.code}`}>
          <code>{refusal.code}</code>
        </a>
        , request <code>{c.var.requestId}</code>
      </p>
    </>,
  );
}
