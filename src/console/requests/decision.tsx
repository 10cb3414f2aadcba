/** A decision: the step that fails first, what fixes it, and then all the rest. */

import type { Explanation, Step } from "../../control/explain/explanation.ts";
import { Kept } from "../frame/kept.tsx";
import { Table } from "../frame/parts.tsx";
import { ErrorCode } from "../key/usage.tsx";
import type { Fix } from "./fixes.ts";

interface Props {
  readonly explanation: Explanation;
  readonly fixes: readonly Fix[];
  readonly isWithoutKey?: boolean;
}

export function Decision({ explanation: { decision, steps }, fixes, isWithoutKey = false }: Props) {
  const { allowed, status, code, detail, fix } = decision;
  const failed = steps.filter(({ outcome }) => outcome === "refused");
  const others = failed.filter((step) => step.code !== code);
  const first = failed.find((step) => step.code === code);
  const name = first ? `, at “${nameOf(first)}”` : "";
  const todo = isWithoutKey ? "To see what a key could do, fill in the key below." : fixes.length === 0 && fix;
  return (
    <section class="sheet">
      <div class={`notice ${allowed ? "good" : "bad"}`}>
        <p>
          <strong>{allowed ? "Allowed." : `Refused with ${status}${name}.`}</strong> {detail} {code && todo}{" "}
          {code && <ErrorCode code={code} />}
        </p>
      </div>
      <Fixes fixes={fixes} />
      {others.length > 0 && (
        <>
          <h2>Also refused</h2>
          <ul>
            {others.map((step) => (
              <li>
                <strong>{nameOf(step)}:</strong> {step.detail}
              </li>
            ))}
          </ul>
        </>
      )}
      <Steps steps={steps} />
    </section>
  );
}

/** `isListed`: the page says already what the changes are. */
export function Fixes({ fixes, isListed = false }: { fixes: readonly Fix[]; isListed?: boolean }) {
  if (fixes.length === 0) return null;
  return (
    <div class="actions fixes">
      {fixes.map(({ label, path, change }) =>
        change ? (
          <form method="post" action={path}>
            <Kept fields={change.fields} />
            <p>
              {!isListed && `${change.words}. `}
              {change.opens}
            </p>
            <button type="submit" class="quiet">
              {label}
            </button>
          </form>
        ) : (
          <a class="button" href={path} data-dialog={path.endsWith("/enable") ? "" : undefined}>
            {label}
          </a>
        ),
      )}
    </div>
  );
}

/** What failed comes first. */
export function Steps({ steps }: { steps: readonly Step[] }) {
  const sorted = steps.toSorted(
    (one, other) => Number(other.outcome === "refused") - Number(one.outcome === "refused"),
  );
  return (
    <details>
      <summary>All {steps.length} checks</summary>
      <Table
        caption="All checks"
        rows={sorted}
        columns={[
          { label: "Check", cell: nameOf },
          { label: "Outcome", cell: ({ outcome }) => <span class={`status ${outcome}`}>{outcome}</span> },
          { label: "Why", cell: (step) => step.detail },
        ]}
      />
    </details>
  );
}

const nameOf = ({ check }: Step) => check.replaceAll("_", " ");
