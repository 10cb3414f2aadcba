/** What is wrong with a form that was sent: above it, in its order, with links to the fields. */

import type { PropsWithChildren } from "hono/jsx";
import { fieldErrorsOf } from "../../control/validation.ts";
import { describe, type Refusal } from "../../errors.ts";
import { sentenceOf } from "./fields.tsx";
import { Form } from "./form.ts";

/** A field of a form. A form lists its fields in their order on the page. */
export interface FormField {
  /** The id of its control. */
  readonly id: string;
  readonly label: string;
  /** Its name in the API, if it differs. */
  readonly of?: string;
}

/** By the id of the control. */
export type Problems = ReadonlyMap<string, string>;
export const NO_PROBLEMS: Problems = new Map();

/** The first problem of each field. */
export function problemsOf(refusal: Refusal | undefined, fields: readonly FormField[]): Problems {
  const problems = new Map<string, string>();
  for (const { field, problem } of refusal ? fieldErrorsOf(refusal) : []) {
    const id = fieldOf(field, fields)?.id;
    if (id !== undefined && !problems.has(id)) problems.set(id, problem);
  }
  return problems;
}

/** The field for `scopes.3` is `scopes`, unless the form has one for `scopes.3`. */
function fieldOf(path: string, fields: readonly FormField[]): FormField | undefined {
  const found = fields.find(({ id, of = id }) => of === path);
  const dot = path.lastIndexOf(".");
  return found || dot < 0 ? found : fieldOf(path.slice(0, dot), fields);
}

interface MistakesProps {
  readonly refusal: Refusal | undefined;
  readonly fields?: readonly FormField[];
  /** Shown if others were faster. */
  readonly against?: Against | undefined;
}

/** What was sent, and what is stored now, which can be someone else's change. */
interface Against {
  readonly sent: Form;
  readonly stored: Form;
  /** Of workspaces. */
  readonly nameOf?: (id: string) => string;
}

export const nameAgainst = (sent: Form | undefined, name: string): Against | undefined =>
  sent && { sent, stored: new Form([["name", name]]) };

/** Has the focus when the page opens, also without script. */
export function Alert({ children }: PropsWithChildren) {
  return (
    <div class="notice bad" id="mistakes" role="alert" tabindex={-1} autofocus>
      {children}
    </div>
  );
}

export function Mistakes({ refusal, fields = [], against }: MistakesProps) {
  if (!refusal) return null;
  if (refusal.code === "precondition_failed") return <Overtaken fields={fields} against={against} />;
  const problems = problemsOf(refusal, fields);
  if (problems.size === 0) return <Refused refusal={refusal} />;
  const others = fieldErrorsOf(refusal).filter(({ field }) => !fieldOf(field, fields));
  return (
    <Alert>
      <p>
        <strong>Nothing was changed.</strong> Fix this:
      </p>
      <ul>
        {fields
          .filter(({ id }) => problems.has(id))
          .map(({ id, label }) => (
            <li>
              <a href={`#${id}`}>{label}</a>: {sentenceOf(problems.get(id) ?? "")}
            </li>
          ))}
        {others.map(({ field, problem }) => (
          <li>
            {field}: {sentenceOf(problem)}
          </li>
        ))}
      </ul>
    </Alert>
  );
}

function Overtaken({ fields, against }: { fields: readonly FormField[]; against: Against | undefined }) {
  return (
    <Alert>
      <p>
        <strong>Nothing was changed.</strong> Someone else changed this after you opened the page.
      </p>
      {against ? <Stored fields={fields} {...against} /> : <p>Look at it before you send the form again.</p>}
    </Alert>
  );
}

function Stored({ fields, sent, stored, nameOf = String }: Against & { fields: readonly FormField[] }) {
  const differing = fields.filter(({ id }) => String(textsOf(sent, id)) !== String(textsOf(stored, id)));
  if (differing.length === 0) return <p>What is stored now is the same as in your form.</p>;
  return (
    <>
      <ul>
        {differing.map(({ id, label }) => (
          <li>
            <a href={`#${id}`}>{label}</a>: stored now is{" "}
            <strong>{textsOf(stored, id).map(nameOf).join(", ") || "nothing"}</strong>
          </li>
        ))}
      </ul>
      <p>If you send the form again, yours replaces what is stored.</p>
    </>
  );
}

function textsOf(form: Form, field: string): string[] {
  const texts = form.list(field).map((text) => text.trim());
  return [...new Set(texts)].filter((text) => text !== "").sort();
}

/** What, why, and the fix. */
function Refused({ refusal }: { refusal: Refusal }) {
  const { title, detail, fix } = describe(refusal);
  return (
    <Alert>
      <p>
        <strong>{title}.</strong> {detail} {fix}
      </p>
    </Alert>
  );
}
