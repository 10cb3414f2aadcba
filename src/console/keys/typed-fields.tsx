/** The fields of a key that people type: in the form for a new key, in the form for a change, and on the key's page. */

import type { Child } from "hono/jsx";
import type { Gateway } from "../../config/compile.ts";
import { changeableOf, type ManagedKey } from "../../records/key.ts";
import { Field } from "../frame/fields.tsx";
import type { Form } from "../frame/form.ts";
import type { FormField, Problems } from "../frame/mistakes.tsx";
import { listOf } from "../frame/words.ts";

/** Of the forms. */
type Section = "name" | "access";

interface TypedField {
  /** Its name in the API. */
  readonly id: "name" | "description" | "allowed_addresses";
  readonly label: string;
  readonly section: Section;
  readonly hint: string;
  /** One line, a text that can be left out, or one item per line. */
  readonly kind: "line" | "text" | "list";
  readonly maxLength?: number;
  /** On the key's page, if not at its top. */
  readonly fact?: (key: ManagedKey) => readonly [label: string, words: Child] | undefined;
}

const FIELDS: readonly TypedField[] = [
  {
    ...{ id: "name", label: "Name", section: "name", kind: "line", maxLength: 200 },
    hint: "Such as production-backend or ci-pipeline.",
  },
  {
    ...{ id: "description", label: "Description", section: "name", kind: "text", maxLength: 2000 },
    hint: "Optional. You can search for it.",
  },
  {
    ...{ id: "allowed_addresses", label: "Allowed client addresses", section: "access", kind: "list" },
    hint: "One address or range per line, such as 203.0.113.0/24. Empty for any.",
    fact: ({ allowedAddresses: list }) => ["Allowed addresses", list.length > 0 ? listOf(list) : "any"],
  },
];

const inSection = (section: Section) => FIELDS.filter((field) => field.section === section);

export const typedFormFields = (section: Section): FormField[] =>
  inSection(section).map(({ id, label }) => ({ id, label }));

/** As fields of the API, unchecked. */
export function typedIn(form: Form): Record<TypedField["id"], unknown> {
  const valueOfField = ({ id, kind }: TypedField) => {
    if (kind === "list") return form.lines(id);
    return kind === "line" ? form.text(id) : form.textOrNull(id);
  };
  return Object.fromEntries(FIELDS.map((field) => [field.id, valueOfField(field)])) as Record<
    TypedField["id"],
    unknown
  >;
}

/** For a form that shows the key. */
export function typedEntries(key: ManagedKey): [name: string, text: string][] {
  const values = changeableOf(key);
  return FIELDS.map(({ id }) => {
    const value = values[id];
    return [id, typeof value === "string" ? value : (value ?? []).join("\n")];
  });
}

export function typedFacts(key: ManagedKey): (readonly [label: string, words: Child])[] {
  return FIELDS.flatMap(({ fact }) => {
    const shown = fact?.(key);
    return shown ? [shown] : [];
  });
}

interface Props {
  readonly section: Section;
  readonly form: Form;
  readonly problems: Problems;
  readonly gateway: Gateway;
}

export function TypedFields({ section, form, problems, gateway }: Props) {
  const required: readonly string[] = gateway.keys.required;
  return (
    <>
      {inSection(section).map(({ id, label, hint, kind, maxLength }) => (
        <Field
          name={id}
          label={label}
          hint={required.includes(id) ? "Required here." : hint}
          problem={problems.get(id)}
        >
          {kind === "line" ? (
            <input value={form.text(id)} maxlength={maxLength} required autocomplete="off" />
          ) : (
            <textarea maxlength={maxLength}>{form.text(id)}</textarea>
          )}
        </Field>
      ))}
    </>
  );
}
