/** "Try it": how the gateway would decide, step by step. Spends nothing and sends nothing. */

import { Hono } from "hono/tiny";
import { findKey } from "../../control/access.ts";
import { explain } from "../../control/explain/explain.ts";
import type { Explanation } from "../../control/explain/explanation.ts";
import { readRequest } from "../../control/explain/request.ts";
import { allOf } from "../../control/validation.ts";
import { isRefusal } from "../../errors.ts";
import { check } from "../../management/parse.ts";
import { explainBody } from "../../management/wire/insight.ts";
import { Field, Options } from "../frame/fields.tsx";
import { readForm } from "../frame/form.ts";
import { show } from "../frame/layout.tsx";
import { type FormField, Mistakes, NO_PROBLEMS, type Problems, problemsOf } from "../frame/mistakes.tsx";
import { Table } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { ConsoleEnv } from "../frame/visit.ts";
import { ErrorCode } from "./usage.tsx";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"].map((name) => [name, name] as const);

interface TrialProps {
  readonly keyId: string;
  readonly url: string | undefined;
  readonly method?: string;
  readonly problems?: Problems;
}

const FIELDS: readonly FormField[] = [
  { id: "method", label: "Method" },
  { id: "url", label: "URL" },
];

export function Trial({ keyId, url = "", method = "GET", problems = NO_PROBLEMS }: TrialProps) {
  return (
    <section class="sheet">
      <h2>Try it</h2>
      <p class="hint">See how the gateway would decide a request with this key. Nothing is sent or spent.</p>
      <form method="post" action={`/keys/${keyId}/explain`} novalidate>
        <Field name="method" label="Method" problem={problems.get("method")}>
          <select>
            <Options options={METHODS} chosen={method} />
          </select>
        </Field>
        <Field name="url" label="URL" problem={problems.get("url")}>
          <input type="url" required value={url} autocomplete="off" />
        </Field>
        <button type="submit" class="quiet">
          Explain
        </button>
      </form>
    </section>
  );
}

// By POST: page URLs are kept in histories, and pasted text can hold a key.
export const trial = new Hono<ConsoleEnv>().post("/keys/:id/explain", async (c) => {
  const { control, visitor } = c.var;
  const form = await readForm(c.req.raw);
  if (isRefusal(form)) return showRefusal(c, form);
  const key = await findKey(control, visitor.caller, c.req.param("id"), "api_keys:read");
  if (isRefusal(key)) return showRefusal(c, key);
  const [method, url] = [form.text("method"), form.text("url")];
  const question = check(explainBody, { key_id: key.id, method, url });
  const request = readRequest({ keyId: key.id, method, url });
  const explanation =
    allOf([question, request].filter(isRefusal)) ??
    (await explain(control, visitor.caller, { keyId: key.id, method, url }));
  const refusal = isRefusal(explanation) ? explanation : undefined;
  return show(
    c,
    { title: "Try it", refusal },
    <>
      <p class="crumb">
        <a href="/keys">API keys</a> › <a href={`/keys/${key.id}`}>{key.name}</a>
      </p>
      <h1>Decision</h1>
      <Mistakes refusal={refusal} fields={FIELDS} />
      {!isRefusal(explanation) && <Decision explanation={explanation} />}
      <Trial keyId={key.id} url={url} method={method} problems={problemsOf(refusal, FIELDS)} />
    </>,
  );
});

export function Decision({ explanation: { decision, steps } }: { explanation: Explanation }) {
  const { allowed, status, code, detail, fix } = decision;
  return (
    <section class="sheet">
      <div class={`notice ${allowed ? "good" : "bad"}`}>
        <p>
          <strong>{allowed ? "Allowed." : `Refused with ${status}.`}</strong> {detail}
        </p>
        {code && (
          <p>
            {fix} <ErrorCode code={code} />
          </p>
        )}
      </div>
      <Table
        caption="Each step"
        rows={steps}
        columns={[
          { label: "Step", cell: ({ step }) => step },
          { label: "Check", cell: ({ check: name }) => name.replaceAll("_", " ") },
          { label: "Outcome", cell: ({ outcome }) => <span class={`status ${outcome}`}>{outcome}</span> },
          { label: "Why", cell: (step) => step.detail },
        ]}
      />
    </section>
  );
}
