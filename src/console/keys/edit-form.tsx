import type { Gateway } from "../../config/compile.ts";
import { PERMISSIONS } from "../../domain/key.ts";
import type { Scope } from "../../domain/scope.ts";
import type { ManagedKey } from "../../records/key.ts";
import type { Workspace } from "../../records/workspace.ts";
import { Another } from "../frame/another.tsx";
import { Cell, Choices, Field, Group, Options } from "../frame/fields.tsx";
import type { Form } from "../frame/form.ts";
import type { Problems } from "../frame/mistakes.tsx";
import { PERMISSION_WORDS } from "../frame/words.ts";
import { cellId, ROW_KINDS, type RowKind, rowsIn } from "./limit-rows.ts";
import { ScopeGrid } from "./scope-grid.tsx";
import { TypedFields } from "./typed-fields.tsx";

interface Props {
  readonly keyOf: ManagedKey;
  readonly form: Form;
  readonly problems: Problems;
  readonly gateway: Gateway;
  readonly withheld: ReadonlyMap<Scope, string>;
  readonly workspaces: readonly Workspace[];
}

export function EditForm({ keyOf: key, form, problems, gateway, withheld, workspaces }: Props) {
  return (
    <form method="post" novalidate>
      <input type="hidden" name="version" value={form.text("version")} />
      <section class="sheet">
        <TypedFields section="name" form={form} problems={problems} gateway={gateway} />
      </section>
      <section class="sheet">
        <h2>What it can do</h2>
        <Choices
          name="permission"
          label="Permission"
          problem={problems.get("permission")}
          type="radio"
          choices={PERMISSIONS.map((value) => ({ value, text: PERMISSION_WORDS[value] }))}
          chosen={form.list("permission")}
        />
        {key.reach === "workspace" && (
          <Choices
            name="workspace_ids"
            label="Workspaces"
            problem={problems.get("workspace_ids")}
            type="checkbox"
            choices={workspaces.map(({ id, name }) => ({ value: id, text: name }))}
            chosen={form.list("workspace_ids")}
          >
            <Another listed={workspaces.length} />
          </Choices>
        )}
        <Group name="scopes" label="Scopes" problem={problems.get("scopes")}>
          <ScopeGrid
            policy={gateway.policy}
            withheld={withheld}
            chosen={new Set(form.list("scopes"))}
            granted={key.scopes}
            problem={problems.get("scopes")}
          />
        </Group>
      </section>
      <section class="sheet">
        <h2>Its own limits</h2>
        <p class="hint">
          These apply in addition to its plan's limits. If both have the same name, the lower one applies. To remove a
          limit, clear its row.
        </p>
        {ROW_KINDS.map((kind) => (
          <Rows form={form} kind={kind} problems={problems} />
        ))}
      </section>
      <section class="sheet">
        <Field name="expires_on" label="Expires on (UTC)" problem={problems.get("expires_on")}>
          <input type="date" value={form.text("expires_on")} />
        </Field>
        <TypedFields section="access" form={form} problems={problems} gateway={gateway} />
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

/** One more row than there are limits. */
function Rows({ form, kind, problems }: { form: Form; kind: RowKind; problems: Problems }) {
  return (
    <Group name={kind.id} label={kind.title} problem={problems.get(kind.id)}>
      {[...rowsIn(form, kind), []].map((values, row) => (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a row in every browser
        <div class="row top" role="group" aria-label={`${kind.noun} ${row + 1}`}>
          {kind.columns.map(({ name, label, options }, column) => {
            const id = cellId(name, row);
            const value = values[column] ?? "";
            return (
              <Cell name={name} id={id} label={label} problem={problems.get(id)}>
                {options ? (
                  <select>
                    <Options options={options.map((option) => [option, option])} chosen={value || "day"} />
                  </select>
                ) : (
                  <input value={value} autocomplete="off" />
                )}
              </Cell>
            );
          })}
        </div>
      ))}
    </Group>
  );
}
