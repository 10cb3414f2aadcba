/** Controls of forms, each tied to its label, hint and problem. */

import type { Child, JSXNode, PropsWithChildren } from "hono/jsx";
import { jsx } from "hono/jsx/jsx-runtime";

interface FieldProps {
  readonly name: string;
  readonly label: Child;
  readonly hint?: Child;
  readonly problem?: string | undefined;
}

/** One control with its label, hint and problem. The control gets its id, its name and what ties it to them. */
export function Field({ name, label, hint, problem, children }: FieldProps & { children: Child }) {
  return (
    <div class={problem ? "field wrong" : "field"}>
      <label for={name}>{label}</label>
      <Hint name={name} hint={hint} />
      {tie(children, { name, id: name, hint, problem })}
      <Problem name={name} problem={problem} />
    </div>
  );
}

interface CellProps {
  readonly name: string;
  /** Several controls have the same name. */
  readonly id: string;
  readonly label: string;
  readonly problem?: string | undefined;
}

/** A control in a row of several. */
export function Cell({ name, id, label, problem, children }: CellProps & { children: Child }) {
  return (
    <div class={problem ? "wrong" : ""}>
      <label class="hint" for={id}>
        {label}
      </label>
      {tie(children, { name, id, problem })}
      <Problem name={id} problem={problem} />
    </div>
  );
}

interface Tied {
  readonly name: string;
  readonly id: string;
  readonly hint?: Child;
  readonly problem?: string | undefined;
}

/** `cloneElement` of hono/jsx would bring all of its hooks into the Worker. */
function tie(control: Child, { name, id, hint, problem }: Tied): Child {
  const { tag, props } = control as JSXNode;
  return jsx(tag as string, { ...props, id, name, ...ties(id, hint, problem) });
}

/** https://www.w3.org/TR/wai-aria-1.2/#aria-invalid */
export function ties(id: string, hint: Child, problem: string | undefined) {
  const ids = [...(hint ? [`${id}-hint`] : []), ...(problem ? [`${id}-problem`] : [])];
  return { "aria-describedby": ids.join(" ") || undefined, "aria-invalid": problem ? "true" : undefined };
}

/** Several controls with one label, hint and problem. They can be focused together, by a link to them. */
export function Group({ name, label, hint, problem, children, radio = false }: GroupProps) {
  const { "aria-describedby": described, "aria-invalid": invalid } = ties(name, hint, problem);
  return (
    <fieldset
      id={name}
      tabindex={-1}
      class={problem ? "wrong" : ""}
      aria-describedby={described}
      // A group of checkboxes cannot be invalid; each of them can.
      {...(radio && { role: "radiogroup", "aria-invalid": invalid })}
    >
      <legend>{label}</legend>
      <Hint name={name} hint={hint} />
      {children}
      <Problem name={name} problem={problem} />
    </fieldset>
  );
}

type GroupProps = PropsWithChildren<FieldProps & { readonly radio?: boolean }>;

export interface Choice {
  readonly value: string;
  readonly text: Child;
  readonly note?: Child;
  /** Cannot be chosen here. */
  readonly off?: boolean | undefined;
  /** Sent, if chosen, though it is `off`: browsers do not send what is disabled. */
  readonly kept?: boolean | undefined;
}

interface ChoicesProps extends FieldProps {
  readonly type: "radio" | "checkbox";
  readonly choices: readonly Choice[];
  readonly chosen: readonly string[];
}

export function Choices({ type, choices, chosen, children, ...field }: PropsWithChildren<ChoicesProps>) {
  const { name, problem } = field;
  return (
    <Group {...field} radio={type === "radio"}>
      {choices.map(({ value, text, note, off = false, kept = false }) => {
        const checked = chosen.includes(value);
        return (
          <label class={off ? "choice off" : "choice"}>
            <input
              {...{ type, name, value, checked, disabled: off }}
              {...(type === "checkbox" && ties(name, undefined, problem))}
            />
            {off && kept && checked && <input type="hidden" name={name} value={value} />}
            <span>
              {text}
              {note && <small>{note}</small>}
            </span>
          </label>
        );
      })}
      {children}
    </Group>
  );
}

export function Options({ options, chosen }: { options: readonly (readonly [string, string])[]; chosen: string }) {
  return (
    <>
      {options.map(([value, name]) => (
        <option value={value} selected={value === chosen}>
          {name}
        </option>
      ))}
    </>
  );
}

function Hint({ name, hint }: { name: string; hint: Child }) {
  if (!hint) return null;
  return (
    <p class="hint" id={`${name}-hint`}>
      {hint}
    </p>
  );
}

function Problem({ name, problem }: { name: string; problem: string | undefined }) {
  if (problem === undefined) return null;
  return (
    <p class="problem" id={`${name}-problem`}>
      {sentenceOf(problem)}
    </p>
  );
}

export function sentenceOf(problem: string): string {
  return `${problem.charAt(0).toUpperCase()}${problem.slice(1)}${problem.endsWith(".") ? "" : "."}`;
}
