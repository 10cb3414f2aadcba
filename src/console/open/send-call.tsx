/** A call that only reads, sent from its page: a form whose answer is the API's own, as the signed-in member gets it. */

import type { DescribedCall } from "../../management/api-document.ts";
import { Field } from "../frame/fields.tsx";
import { Kept } from "../frame/kept.tsx";
import type { Visit } from "../frame/visit.ts";

interface ReadingCall extends Pick<DescribedCall, "operationId" | "parameters"> {
  readonly method: string;
  readonly path: string;
}

type Parameter = DescribedCall["parameters"][number];

/** Tells the form from a link to the page. */
const SENT = ["send", "1"] as const;
export const isSent = ({ req }: Pick<Visit, "req">) => req.query(SENT[0]) === SENT[1];

const partsOf = ({ parameters }: ReadingCall) => parameters.filter(({ in: place }) => place !== "header");

export function SendCall({ c, call }: { c: Visit; call: ReadingCall }) {
  const { visitor } = c.var;
  if (call.method !== "GET" || !visitor) return null;
  const known: Record<string, string> = { organization_id: visitor.session.organizationId };
  const field = ({ name, required }: Parameter) => (
    <Field name={name} label={name}>
      <input value={known[name]} required={required} autocomplete="off" />
    </Field>
  );
  const [needed, others] = [true, false].map((isNeeded) =>
    partsOf(call).filter(({ name, required = false }) => (required || name in known) === isNeeded),
  ) as [Parameter[], Parameter[]];
  return (
    <form class="sheet" action={`/docs/${call.operationId}`} target="_blank" rel="noopener">
      <Kept fields={[SENT]} />
      <h2>Send it</h2>
      <p class="hint">As {visitor.session.member.name}, in a new tab. This call changes nothing.</p>
      {needed.map(field)}
      {others.length > 0 && (
        <details>
          <summary>{needed.length > 0 ? "More parameters" : "Parameters"}</summary>
          {others.map(field)}
        </details>
      )}
      <button type="submit">Send</button>
    </form>
  );
}

/** Where the answer is. A part of the path that is missing stays as the document writes it. */
export function pathOfCall(call: ReadingCall, query: Readonly<Record<string, string>>): string {
  const given = partsOf(call).flatMap(({ name, in: place }) =>
    query[name] ? [{ name, place, value: query[name] }] : [],
  );
  const path = given
    .filter(({ place }) => place === "path")
    .reduce((filled, { name, value }) => filled.replace(`{${name}}`, encodeURIComponent(value)), call.path);
  const asked = new URLSearchParams(
    given.filter(({ place }) => place === "query").map(({ name, value }) => [name, value]),
  );
  return asked.size === 0 ? path : `${path}?${asked}`;
}
