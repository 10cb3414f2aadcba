import { checkBelonging } from "../../control/access.ts";
import { checkStanding } from "../../control/people/rules.ts";
import { describe } from "../../errors.ts";
import type { Workspace } from "../../records/workspace.ts";
import type { Form } from "../frame/form.ts";
import { Choice, Field } from "../frame/parts.tsx";
import type { Visit } from "../frame/visit.ts";

interface Props {
  readonly c: Visit;
  readonly form: Form;
  readonly problems: ReadonlyMap<string, string>;
  readonly workspaces: readonly Workspace[];
  /** The visitor's own, which only others can change. */
  readonly isSelf?: boolean;
}

/** The fields of a member. Roles that the visitor cannot give are greyed out, with the reason. */
export function MemberFields({ c, form, problems, workspaces, isSelf = false }: Props) {
  const { control, visitor } = c.var;
  const { gateway } = control;
  return (
    <>
      <Field name="name" label="Name" problem={problems.get("name")}>
        <input id="name" name="name" value={form.text("name")} maxlength={200} required autocomplete="off" />
      </Field>
      <Choice name="role" label="Role" problem={problems.get("role")}>
        {Object.entries(gateway.policy.roles).map(([role, { manages }]) => {
          const refusal = checkStanding(visitor.caller, { role, workspaceIds: [] }, gateway);
          return (
            <label class={refusal || isSelf ? "choice off" : "choice"}>
              <input
                type="radio"
                name="role"
                value={role}
                checked={form.text("role") === role}
                disabled={refusal !== undefined || isSelf}
              />
              <span>
                {role}
                <small>
                  {refusal
                    ? describe(refusal).detail
                    : `Manages ${manages.organization === "none" ? "no" : manages.organization} organization keys, ${manages.workspace === "none" ? "no" : manages.workspace} workspace keys`}
                </small>
              </span>
            </label>
          );
        })}
      </Choice>
      {workspaces.length > 0 && (
        <Choice name="workspace_ids" label="Workspaces" problem={problems.get("workspace_ids")}>
          {workspaces.map(({ id, name }) => {
            const isChosen = form.list("workspace_ids").includes(id);
            const isForeign = checkBelonging(visitor.caller, id) !== undefined;
            return (
              <label class={isSelf || isForeign ? "choice off" : "choice"}>
                <input
                  type="checkbox"
                  name="workspace_ids"
                  value={id}
                  checked={isChosen}
                  disabled={isSelf || isForeign}
                />
                {/* Browsers do not send what is disabled. */}
                {isForeign && !isSelf && isChosen && <input type="hidden" name="workspace_ids" value={id} />}
                <span>{name}</span>
              </label>
            );
          })}
        </Choice>
      )}
    </>
  );
}
