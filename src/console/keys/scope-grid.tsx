/** The scopes to choose from: bundles, and a grid of resources by actions. */

import type { Policy } from "../../domain/rights.ts";
import { expand, isScope, type Scope } from "../../domain/scope.ts";
import { ties } from "../frame/fields.tsx";
import { plural } from "../frame/words.ts";

interface GridProps {
  readonly policy: Policy;
  /** Why scopes cannot be used here. */
  readonly withheld: ReadonlyMap<Scope, string>;
  readonly chosen: ReadonlySet<string>;
  /** What is wrong with the chosen ones. */
  readonly problem: string | undefined;
}

/** `granted`: scopes that the key has. It keeps those that cannot be chosen here, but can lose those that no longer exist. */
export function ScopeGrid(props: GridProps & { granted?: readonly string[] }) {
  const { policy, withheld, chosen, problem, granted = [] } = props;
  const known = granted.filter((name) => isKnown(policy, name));
  const kept = known.filter((name) => expandedOf(policy, name).every((scope) => withheld.has(scope)));
  const kinds = [false, true].map((management) =>
    Object.entries(policy.resources).filter(([, resource]) => resource.management === management),
  );
  const reasons = [...new Set(withheld.values())];
  const [own = [], ofManagement = []] = kinds;
  const isOpen = ofManagement.some(([name, { actions }]) => actions.some((action) => chosen.has(`${name}:${action}`)));
  const isOffered = ofManagement.some(([name, { actions }]) => actions.some((a) => !withheld.has(`${name}:${a}`)));
  return (
    <>
      {kept.map((name) => (
        <input type="hidden" name="scopes" value={name} />
      ))}
      <Unknown names={granted.filter((name) => !known.includes(name))} chosen={chosen} problem={problem} />
      <Bundles policy={policy} withheld={withheld} chosen={chosen} problem={problem} />
      <Grid name="Resources" resources={own} withheld={withheld} chosen={chosen} problem={problem} />
      {isOffered && (
        <details open={isOpen}>
          <summary>Management of this organization</summary>
          <Grid name="Management" resources={ofManagement} withheld={withheld} chosen={chosen} problem={problem} />
        </details>
      )}
      {reasons.length > 0 && (
        <p class="hint" id="withheld">
          Greyed out: {reasons.join(" ")}
        </p>
      )}
    </>
  );
}

const expandedOf = (policy: Policy, name: string) => [...expand([name], policy.resources, policy.bundles)];

function isKnown({ resources, bundles }: Policy, name: string): boolean {
  return isScope(name, resources) || Object.hasOwn(bundles, name);
}

function Unknown({ names, chosen, problem }: Pick<GridProps, "chosen" | "problem"> & { names: readonly string[] }) {
  return (
    <>
      {names.map((name) => (
        <label class="choice">
          <input
            {...{ type: "checkbox", name: "scopes", value: name, checked: chosen.has(name) }}
            {...ties("scopes", undefined, problem)}
          />
          <span>
            <code>{name}</code>
            <small>No longer exists and has no effect.</small>
          </span>
        </label>
      ))}
    </>
  );
}

function Bundles({ policy, withheld, chosen, problem }: GridProps) {
  return (
    <>
      {Object.keys(policy.bundles).map((name) => {
        const scopes = expandedOf(policy, name);
        const usable = scopes.filter((scope) => !withheld.has(scope));
        const none = usable.length === 0;
        return (
          <label class={none ? "choice off" : "choice"}>
            <input
              {...{ type: "checkbox", name: "scopes", value: name, checked: chosen.has(name), disabled: none }}
              {...ties("scopes", undefined, problem)}
            />
            <span>
              <code>{name}</code>
              <small>
                {none ? "None of its scopes can be used here." : plural(usable.length, "scope")}
                {!none && usable.length < scopes.length && ` of ${scopes.length}; the others cannot be used here`}
              </small>
            </span>
          </label>
        );
      })}
    </>
  );
}

type Resources = readonly (readonly [string, { readonly actions: readonly string[] }])[];

function Grid({
  name,
  resources,
  withheld,
  chosen,
  problem,
}: Omit<GridProps, "policy"> & { name: string; resources: Resources }) {
  const actions = [...new Set(resources.flatMap(([, resource]) => resource.actions))];
  return (
    <section class="scroll" tabindex={0} aria-label={`${name}, as a grid`}>
      <table class="grid">
        <thead>
          <tr>
            <th scope="col">{name}</th>
            {actions.map((action) => (
              <th scope="col">
                {action}
                <Toggle boxes={`[data-column="${name} ${action}"]`} what={`${action} of all`} />
              </th>
            ))}
            <td />
          </tr>
        </thead>
        <tbody>
          {resources.map(([resource, { actions: has }]) => (
            <tr>
              <th scope="row">
                <code>{resource}</code>
              </th>
              {actions.map((action) => (
                <Cell {...{ grid: name, resource, action, withheld, chosen, problem, exists: has.includes(action) }} />
              ))}
              <td>
                <Toggle boxes={`[data-row="${resource}"]`} what={`all of ${resource}`} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface CellProps extends Omit<GridProps, "policy"> {
  readonly grid: string;
  readonly resource: string;
  readonly action: string;
  readonly exists: boolean;
}

function Cell({ grid, resource, action, withheld, chosen, problem, exists }: CellProps) {
  const scope: Scope = `${resource}:${action}`;
  const why = withheld.get(scope);
  if (!exists) return <td class="faint">–</td>;
  return (
    <td class={why ? "withheld" : undefined} title={why}>
      <input
        type="checkbox"
        name="scopes"
        value={scope}
        aria-label={scope}
        {...(why ? { "aria-describedby": "withheld" } : ties("scopes", undefined, problem))}
        checked={chosen.has(scope)}
        disabled={why !== undefined}
        data-row={resource}
        data-column={`${grid} ${action}`}
      />
    </td>
  );
}

function Toggle({ boxes, what }: { boxes: string; what: string }) {
  return (
    <button type="button" class="quiet small" data-toggle={boxes} hidden>
      all<span class="unseen"> {what}</span>
    </button>
  );
}
