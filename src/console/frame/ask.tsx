/** A page that asks before something is done. What stops the access of others, and is in use, asks for a name to be typed. */

import type { Child, PropsWithChildren } from "hono/jsx";
import { invalid } from "../../control/validation.ts";
import type { Refusal } from "../../errors.ts";
import { Field } from "./fields.tsx";
import type { Form } from "./form.ts";
import { show } from "./layout.tsx";
import { type FormField, Mistakes, type Problems, problemsOf } from "./mistakes.tsx";
import type { Visit } from "./visit.ts";

interface Question {
  readonly title: string;
  /** Where the page belongs. "Cancel" leads to the last of them. */
  readonly crumbs: readonly Crumb[];
  readonly button: string;
  /** Cannot be undone, or stops many. */
  readonly grave?: boolean | undefined;
  readonly refusal: Refusal | undefined;
  readonly fields?: readonly FormField[];
  /** What happens, and when; and the form's fields. */
  readonly content: (problems: Problems) => Child;
}

export interface Crumb {
  readonly path: string;
  readonly name: string;
}

export function ask(c: Visit, { title, crumbs, button, grave, refusal, fields = [], content }: Question) {
  return show(
    c,
    { title, refusal },
    <>
      <Crumbs crumbs={crumbs} />
      {/* A page with a link to this one can show it as a dialog. */}
      <div id="asked">
        <h1 id="asked-what">{title}</h1>
        <Mistakes refusal={refusal} fields={fields} />
        <form class="sheet" method="post" novalidate>
          {content(problemsOf(refusal, fields))}
          <div class="actions">
            <button type="submit" class={grave ? "grave" : ""}>
              {button}
            </button>
            <a class="button quiet" href={crumbs.at(-1)?.path} data-cancel>
              Cancel
            </a>
          </div>
        </form>
      </div>
    </>,
  );
}

export function Crumbs({ crumbs }: { crumbs: readonly Crumb[] }) {
  return (
    <p class="crumb">
      {crumbs.map(({ path, name }, index) => (
        <>
          {index > 0 && " › "}
          <a href={path}>{name}</a>
        </>
      ))}
    </p>
  );
}

export const NAME_FIELD: FormField = { id: "name", label: "Name" };

interface Named {
  readonly id: string;
  readonly name: string;
}

interface NameProps {
  readonly of: Named;
  readonly problems: Problems;
}

export function TypedName({ of, problems, children }: PropsWithChildren<NameProps>) {
  return (
    <Field name="name" label={children} hint={<strong>{nameOf(of)}</strong>} problem={problems.get("name")}>
      <input required autocomplete="off" />
    </Field>
  );
}

/** `what`: such as "this key". */
export function checkTyped(form: Form, of: Named, what: string): Refusal | undefined {
  return typable(form.text("name")) === typable(nameOf(of)) ? undefined : invalid("name", `is not the name of ${what}`);
}

/** A page shows two blanks as one, and nobody can copy what it does not show. */
const typable = (text: string) =>
  text
    .normalize("NFKC")
    .replaceAll(/[\p{Cf}\p{DI}]/gu, "")
    .replaceAll(/\s+/g, " ")
    .trim();

/** The id stands for a name of which nothing is shown. */
const nameOf = ({ id, name }: Named) => (typable(name) === "" ? id : name);
