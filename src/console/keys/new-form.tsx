/** The form for a new key. */

import type { Gateway } from "../../config/compile.ts";
import { DAY_MS } from "../../domain/durations.ts";
import type { Reach } from "../../domain/key.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Workspace } from "../../records/workspace.ts";
import type { Form } from "../frame/form.ts";
import { Choice, EnvironmentBadge, Field, Options } from "../frame/parts.tsx";
import { dayOf, plural } from "../frame/words.ts";
import { ScopeGrid } from "./scope-grid.tsx";

/** What the visitor can choose from. */
export interface Offer {
  readonly gateway: Gateway;
  /** Why the organization cannot use an environment. */
  readonly environments: readonly { readonly name: string; readonly closed: string | undefined }[];
  readonly reaches: readonly Reach[];
  readonly workspaces: readonly Workspace[];
  readonly withheld: ReadonlyMap<Scope, string>;
  readonly attempt: string;
  readonly now: number;
}

interface Props {
  readonly offer: Offer;
  readonly form: Form;
  readonly problems: ReadonlyMap<string, string>;
  readonly summary: readonly string[];
}

export function KeyForm({ offer, form, problems, summary }: Props) {
  const { gateway } = offer;
  return (
    <form method="post" action="/keys/new" data-summary="/keys/new/summary" novalidate>
      <input type="hidden" name="attempt" value={offer.attempt} />
      <div class="columns main">
        <div>
          <section class="sheet">
            <h2>Name</h2>
            <Field
              name="name"
              label="Name"
              hint="Such as production-backend or ci-pipeline."
              problem={problems.get("name")}
            >
              <input id="name" name="name" value={form.text("name")} maxlength={200} required autocomplete="off" />
            </Field>
            <Field
              name="description"
              label="Description"
              hint={hintOf(gateway, "description")}
              problem={problems.get("description")}
            >
              <textarea id="description" name="description" maxlength={2000}>
                {form.text("description")}
              </textarea>
            </Field>
          </section>
          <section class="sheet">
            <h2>Environment</h2>
            <Environments offer={offer} form={form} problem={problems.get("environment")} />
            <Reaches offer={offer} form={form} problem={problems.get("reach")} />
            <Workspaces offer={offer} form={form} problem={problems.get("workspace_ids")} />
          </section>
          <section class="sheet">
            <h2>What it can do</h2>
            <Permissions form={form} problem={problems.get("permission")} />
            <Choice name="scopes" label="Scopes" problem={problems.get("scopes")}>
              <ScopeGrid policy={gateway.policy} withheld={offer.withheld} chosen={new Set(form.list("scopes"))} />
            </Choice>
          </section>
          <section class="sheet">
            <h2>Expiry and addresses</h2>
            <Life offer={offer} form={form} problem={problems.get("expires_at")} />
            <Field
              name="allowed_addresses"
              label="Allowed client addresses"
              hint={hintOf(
                gateway,
                "allowed_addresses",
                "One address or range per line, such as 203.0.113.0/24. Empty for any.",
              )}
              problem={problems.get("allowed_addresses")}
            >
              <textarea id="allowed_addresses" name="allowed_addresses">
                {form.text("allowed_addresses")}
              </textarea>
            </Field>
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

type Required = Gateway["keys"]["required"][number];

function hintOf({ keys }: Gateway, field: Required, otherwise = "Optional. You can search for it."): string {
  return keys.required.includes(field) ? "Required here." : otherwise;
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
  const chosen = form.text("environment") || harmless?.name;
  return (
    <Choice name="environment" label="Environment" problem={problem}>
      {environments.map(({ name, closed }) => (
        <label class={closed ? "choice off" : "choice"}>
          <input
            type="radio"
            name="environment"
            value={name}
            checked={name === chosen}
            disabled={closed !== undefined}
          />
          <span>
            <EnvironmentBadge name={name} gateway={gateway} />
            <small>{closed ?? gateway.environments[name]?.url}</small>
          </span>
        </label>
      ))}
    </Choice>
  );
}

const REACHES: Record<Reach, string> = {
  organization: "All workspaces, including future ones",
  workspace: "Only the workspaces you choose here",
};

function Reaches({ offer, form, problem }: PartProps) {
  const chosen = form.text("reach") || offer.reaches[0];
  return (
    <Choice name="reach" label="Reach" problem={problem}>
      {offer.gateway.keys.reaches.map((reach) => {
        const off = !offer.reaches.includes(reach);
        return (
          <label class={off ? "choice off" : "choice"}>
            <input type="radio" name="reach" value={reach} checked={reach === chosen} disabled={off} />
            <span>
              {REACHES[reach]}
              <small>
                <code>{reach}</code>
                {off && ": your role cannot manage such keys"}
              </small>
            </span>
          </label>
        );
      })}
    </Choice>
  );
}

function Workspaces({ offer, form, problem }: PartProps) {
  if (!offer.reaches.includes("workspace")) return null;
  const chosen = form.list("workspace_ids");
  return (
    <div class="workspaces">
      <Choice
        name="workspace_ids"
        label="Workspaces"
        hint={`At least one, at most ${offer.gateway.keys.maxWorkspaces}.`}
        problem={problem}
      >
        {offer.workspaces.map(({ id, name }) => (
          <label class="choice">
            <input type="checkbox" name="workspace_ids" value={id} checked={chosen.includes(id)} />
            <span>{name}</span>
          </label>
        ))}
        {offer.workspaces.length === 0 && <p class="faint">You are not in any workspace.</p>}
      </Choice>
    </div>
  );
}

function Permissions({ form, problem }: Omit<PartProps, "offer">) {
  const chosen = form.text("permission") || "full-access";
  const options = [
    ["full-access", "Full access", "Everything its scopes allow"],
    ["read-only", "Read only", "Only its scopes that read"],
  ];
  return (
    <Choice name="permission" label="Permission" problem={problem}>
      {options.map(([value, name, meaning]) => (
        <label class="choice">
          <input type="radio" name="permission" value={value} checked={value === chosen} />
          <span>
            {name}
            <small>{meaning}</small>
          </span>
        </label>
      ))}
    </Choice>
  );
}

const LIVES = [7, 30, 90, 180, 365];

function Life({ offer, form, problem }: PartProps) {
  const { lifetimeDays } = offer.gateway.keys;
  const lives = [...LIVES.filter((days) => days < lifetimeDays), lifetimeDays].map(
    (days) => [String(days), `in ${plural(days, "day")}`] as const,
  );
  const latest = offer.now + lifetimeDays * DAY_MS;
  return (
    <div class="row">
      <Field name="expires_in" label="Expires" problem={problem}>
        <select id="expires_in" name="expires_in">
          <Options options={lives} chosen={form.text("expires_in") || String(lifetimeDays)} />
        </select>
      </Field>
      <Field name="expires_on" label="or on this day (UTC)" hint={`Until ${dayOf(latest)}.`}>
        <input
          id="expires_on"
          name="expires_on"
          type="date"
          value={form.text("expires_on")}
          max={new Date(latest).toISOString().slice(0, 10)}
        />
      </Field>
    </div>
  );
}
