/** The form for a new key. */

import type { Gateway } from "../../config/compile.ts";
import { DAY_MS } from "../../domain/durations.ts";
import type { Reach } from "../../domain/key.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Workspace } from "../../records/workspace.ts";
import { Another } from "../frame/another.tsx";
import { type Choice, Choices, Field, Group, Options } from "../frame/fields.tsx";
import type { Form } from "../frame/form.ts";
import { Kept } from "../frame/kept.tsx";
import type { Problems } from "../frame/mistakes.tsx";
import { Attempt } from "../frame/once.tsx";
import { EnvironmentBadge } from "../frame/parts.tsx";
import type { Visit } from "../frame/visit.ts";
import { dayOf, plural } from "../frame/words.ts";
import { ScopeGrid } from "./scope-grid.tsx";
import { TypedFields } from "./typed-fields.tsx";

/** What the visitor can choose from. */
export interface Offer {
  readonly gateway: Gateway;
  /** Why the organization cannot use an environment. */
  readonly environments: readonly { readonly name: string; readonly closed: string | undefined }[];
  readonly reaches: readonly Reach[];
  readonly workspaces: readonly Workspace[];
  readonly withheld: ReadonlyMap<Scope, string>;
  readonly now: number;
}

interface Props {
  readonly c: Visit;
  readonly offer: Offer;
  readonly form: Form;
  readonly problems: Problems;
  readonly summary: readonly string[];
}

export function KeyForm({ c, offer, form, problems, summary }: Props) {
  const { gateway } = offer;
  return (
    <form method="post" action="/keys/new" data-summary="/keys/new/summary" novalidate>
      <Attempt c={c} />
      {form.has("request") && <Kept fields={[["request", form.text("request")]]} />}
      <div class="columns main">
        <div>
          <section class="sheet">
            <TypedFields section="name" form={form} problems={problems} gateway={gateway} />
          </section>
          <section class="sheet">
            <h2>Where it works</h2>
            <Environments offer={offer} form={form} problem={problems.get("environment")} />
            <Reaches offer={offer} form={form} problem={problems.get("reach")} />
            <Workspaces offer={offer} form={form} problem={problems.get("workspace_ids")} />
          </section>
          <section class="sheet">
            <h2>What it can do</h2>
            <Permissions form={form} problem={problems.get("permission")} />
            <Group name="scopes" label="Scopes" problem={problems.get("scopes")}>
              <ScopeGrid
                policy={gateway.policy}
                withheld={offer.withheld}
                chosen={new Set(form.list("scopes"))}
                problem={problems.get("scopes")}
              />
            </Group>
          </section>
          <section class="sheet">
            <h2>Expiry and addresses</h2>
            <Life offer={offer} form={form} problems={problems} />
            <TypedFields section="access" form={form} problems={problems} gateway={gateway} />
          </section>
        </div>
        <aside class="sheet sticky">
          <h2>Summary</h2>
          <ul id="summary" aria-live="polite">
            {summary.map((sentence) => (
              <li>{sentence}</li>
            ))}
          </ul>
          <div class="actions">
            <button type="submit" name="intent" value="create">
              Create the key
            </button>
            <button type="submit" name="intent" value="preview" class="quiet">
              Update the summary
            </button>
          </div>
        </aside>
      </div>
    </form>
  );
}

interface PartProps {
  readonly offer: Offer;
  readonly form: Form;
  readonly problem: string | undefined;
}

function Environments({ offer, form, problem }: PartProps) {
  const { environments, gateway } = offer;
  const open = environments.filter(({ closed }) => closed === undefined);
  const harmless = open.findLast(({ name }) => name !== gateway.mainEnvironment) ?? open[0];
  return (
    <Choices
      name="environment"
      label="Environment"
      problem={problem}
      type="radio"
      choices={environments.map(({ name, closed }) => ({
        value: name,
        text: <EnvironmentBadge name={name} gateway={gateway} />,
        note: closed ?? gateway.environments[name]?.url,
        off: closed !== undefined,
      }))}
      chosen={[form.text("environment") || (harmless?.name ?? "")]}
    />
  );
}

const REACHES: Record<Reach, string> = {
  organization: "All workspaces, including future ones",
  workspace: "Only the workspaces you choose here",
};

function Reaches({ offer, form, problem }: PartProps) {
  return (
    <Choices
      name="reach"
      label="Reach"
      problem={problem}
      type="radio"
      choices={offer.gateway.keys.reaches.map((reach) => {
        const off = !offer.reaches.includes(reach);
        const note = [<code>{reach}</code>, off && ": your role cannot manage such keys"];
        return { value: reach, text: REACHES[reach], note, off };
      })}
      chosen={[form.text("reach") || (offer.reaches[0] ?? "")]}
    />
  );
}

function Workspaces({ offer, form, problem }: PartProps) {
  if (!offer.reaches.includes("workspace")) return null;
  return (
    <div class="workspaces">
      <Choices
        name="workspace_ids"
        label="Workspaces"
        hint={`At least one, at most ${offer.gateway.keys.maxWorkspaces}.`}
        problem={problem}
        type="checkbox"
        choices={offer.workspaces.map(({ id, name }) => ({ value: id, text: name }))}
        chosen={form.list("workspace_ids")}
      >
        {offer.workspaces.length === 0 && <p class="faint">You are not in any workspace.</p>}
        <Another listed={offer.workspaces.length} />
      </Choices>
    </div>
  );
}

const PERMISSION_CHOICES: readonly Choice[] = [
  { value: "full-access", text: "Full access", note: "Everything its scopes allow" },
  { value: "read-only", text: "Read only", note: "Only its scopes that read" },
];

function Permissions({ form, problem }: Omit<PartProps, "offer">) {
  return (
    <Choices
      name="permission"
      label="Permission"
      problem={problem}
      type="radio"
      choices={PERMISSION_CHOICES}
      chosen={[form.text("permission") || "full-access"]}
    />
  );
}

const LIVES = [7, 30, 90, 180, 365];

function Life({ offer, form, problems }: Omit<PartProps, "problem"> & Pick<Props, "problems">) {
  const { lifetimeDays } = offer.gateway.keys;
  const lives = [...LIVES.filter((days) => days < lifetimeDays), lifetimeDays].map(
    (days) => [String(days), `in ${plural(days, "day")}`] as const,
  );
  const latest = offer.now + lifetimeDays * DAY_MS;
  return (
    <div class="row">
      <Field name="expires_in" label="Expires" problem={problems.get("expires_in")}>
        <select>
          <Options options={lives} chosen={form.text("expires_in") || String(lifetimeDays)} />
        </select>
      </Field>
      <Field
        name="expires_on"
        label="or on this day (UTC)"
        hint={`Until ${dayOf(latest)}.`}
        problem={problems.get("expires_on")}
      >
        <input type="date" value={form.text("expires_on")} max={new Date(latest).toISOString().slice(0, 10)} />
      </Field>
    </div>
  );
}
