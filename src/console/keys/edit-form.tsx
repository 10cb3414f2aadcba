import type { Gateway } from "../../config/compile.ts";
import { PERMISSIONS } from "../../domain/key.ts";
import type { Scope } from "../../domain/scope.ts";
import type { ManagedKey } from "../../records/key.ts";
import type { Workspace } from "../../records/workspace.ts";
import type { Form } from "../frame/form.ts";
import { Choice, Field, Options } from "../frame/parts.tsx";
import { PERMISSION_WORDS } from "../frame/words.ts";
import { ScopeGrid } from "./scope-grid.tsx";

interface Props {
  readonly keyOf: ManagedKey;
  readonly form: Form;
  readonly problems: ReadonlyMap<string, string>;
  readonly gateway: Gateway;
  readonly withheld: ReadonlyMap<Scope, string>;
  readonly workspaces: readonly Workspace[];
}

export function EditForm({ keyOf: key, form, problems, gateway, withheld, workspaces }: Props) {
  return (
    <form method="post" novalidate>
      <input type="hidden" name="version" value={form.text("version")} />
      <section class="sheet">
        <Field name="name" label="Name" problem={problems.get("name")}>
          <input id="name" name="name" value={form.text("name")} maxlength={200} required autocomplete="off" />
        </Field>
        <Field name="description" label="Description" problem={problems.get("description")}>
          <textarea id="description" name="description" maxlength={2000}>
            {form.text("description")}
          </textarea>
        </Field>
      </section>
      <section class="sheet">
        <h2>What it can do</h2>
        <Choice name="permission" label="Permission" problem={problems.get("permission")}>
          {PERMISSIONS.map((value) => (
            <label class="choice">
              <input type="radio" name="permission" value={value} checked={form.text("permission") === value} />
              <span>{PERMISSION_WORDS[value]}</span>
            </label>
          ))}
        </Choice>
        {key.reach === "workspace" && (
          <Choice name="workspace_ids" label="Workspaces" problem={problems.get("workspace_ids")}>
            {workspaces.map(({ id, name }) => (
              <label class="choice">
                <input
                  type="checkbox"
                  name="workspace_ids"
                  value={id}
                  checked={form.list("workspace_ids").includes(id)}
                />
                <span>{name}</span>
              </label>
            ))}
          </Choice>
        )}
        <Choice name="scopes" label="Scopes" problem={problems.get("scopes")}>
          <ScopeGrid
            policy={gateway.policy}
            withheld={withheld}
            chosen={new Set(form.list("scopes"))}
            granted={key.scopes}
          />
        </Choice>
      </section>
      <section class="sheet">
        <h2>Its own limits</h2>
        <p class="hint">
          These apply beside its plan's limits. If both have the same name, the lower one applies. Clear a name to
          remove a limit.
        </p>
        {problems.has("limits") && <p class="problem">{problems.get("limits")}</p>}
        <Rates form={form} />
        <Quotas form={form} />
      </section>
      <section class="sheet">
        <Field name="expires_on" label="Expires on (UTC)" problem={problems.get("expires_at")}>
          <input id="expires_on" name="expires_on" type="date" value={form.text("expires_on")} />
        </Field>
        <Field
          name="allowed_addresses"
          label="Allowed client addresses"
          hint="One address or range per line, such as 203.0.113.0/24. Empty for any."
          problem={problems.get("allowed_addresses")}
        >
          <textarea id="allowed_addresses" name="allowed_addresses">
            {form.text("allowed_addresses")}
          </textarea>
        </Field>
      </section>
      <div class="actions">
        <button type="submit" name="intent" value="review">
          Review the change
        </button>
        <a class="button quiet" href={`/keys/${key.id}`}>
          Cancel
        </a>
      </div>
    </form>
  );
}

interface Input {
  readonly name: string;
  readonly label: string;
}

function Rows({ form, title, inputs }: { form: Form; title: string; inputs: readonly Input[] }) {
  // One more row than there are limits.
  const rows = [...form.list(inputs[0]?.name ?? "").filter((name) => name.trim() !== ""), ""];
  return (
    <fieldset>
      <legend>{title}</legend>
      {rows.map((_, row) => (
        <div class="row">
          {inputs.map(({ name, label }) => (
            <div>
              <label class="hint" for={`${name}-${row}`}>
                {label}
              </label>
              {name === "quota_per" ? (
                <select id={`${name}-${row}`} name={name}>
                  <Options options={PERIODS} chosen={form.list(name)[row] ?? "day"} />
                </select>
              ) : (
                <input id={`${name}-${row}`} name={name} value={form.list(name)[row] ?? ""} autocomplete="off" />
              )}
            </div>
          ))}
        </div>
      ))}
    </fieldset>
  );
}

const PERIODS = (["hour", "day", "month"] as const).map((period) => [period, period] as const);

const Rates = ({ form }: { form: Form }) => (
  <Rows
    form={form}
    title="Rates"
    inputs={[
      { name: "rate_name", label: "Name" },
      { name: "rate_limit", label: "Requests" },
      { name: "rate_window", label: "in seconds" },
      { name: "rate_burst", label: "burst (optional)" },
    ]}
  />
);

const Quotas = ({ form }: { form: Form }) => (
  <Rows
    form={form}
    title="Quotas"
    inputs={[
      { name: "quota_name", label: "Name" },
      { name: "quota_limit", label: "Requests" },
      { name: "quota_per", label: "per (UTC)" },
    ]}
  />
);
