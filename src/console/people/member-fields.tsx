import { checkBelonging } from "../../control/access.ts";
import { checkStanding } from "../../control/people/rules.ts";
import type { Role } from "../../domain/rights.ts";
import { describe } from "../../errors.ts";
import type { Workspace } from "../../records/workspace.ts";
import { Another } from "../frame/another.tsx";
import { type Choice, Choices, Field } from "../frame/fields.tsx";
import type { Form } from "../frame/form.ts";
import type { FormField, Problems } from "../frame/mistakes.tsx";
import type { Visit } from "../frame/visit.ts";
import { listOf } from "../frame/words.ts";

interface Props {
  readonly c: Visit;
  readonly form: Form;
  readonly problems: Problems;
  readonly workspaces: readonly Workspace[];
  /** The workspaces that the member has. */
  readonly stored: readonly string[];
  /** The visitor's own, which only others can change. */
  readonly isSelf?: boolean;
}

/** In their order. */
export const MEMBER_FIELDS: readonly FormField[] = [
  { id: "name", label: "Name" },
  { id: "role", label: "Role" },
  { id: "workspace_ids", label: "Workspaces" },
];

/** The fields of a member. Roles that the visitor cannot give are greyed out, with the reason. */
export function MemberFields({ c, form, problems, workspaces, stored, isSelf = false }: Props) {
  const choices = workspaces.map(({ id, name }) => {
    const isForeign = checkBelonging(c.var.visitor.caller, id) !== undefined;
    return { value: id, text: name, off: isSelf || isForeign, kept: !isSelf && stored.includes(id) };
  });
  return (
    <>
      <Field name="name" label="Name" problem={problems.get("name")}>
        <input value={form.text("name")} maxlength={200} required autocomplete="off" />
      </Field>
      <Choices
        name="role"
        label="Role"
        problem={problems.get("role")}
        type="radio"
        choices={roleChoices(c, isSelf)}
        chosen={form.list("role")}
      />
      {workspaces.length > 0 && (
        <Choices
          name="workspace_ids"
          label="Workspaces"
          problem={problems.get("workspace_ids")}
          type="checkbox"
          choices={choices}
          chosen={form.list("workspace_ids")}
        >
          <Another listed={choices.filter(({ off }) => !off).length} />
        </Choices>
      )}
    </>
  );
}

function roleChoices({ var: { control, visitor } }: Visit, isSelf: boolean): Choice[] {
  const { gateway } = control;
  return Object.entries(gateway.policy.roles).map(([role, { manages }]) => {
    const refusal = checkStanding(visitor.caller, { role, workspaceIds: [] }, gateway);
    const note = refusal ? describe(refusal).detail : managedWords(manages);
    return { value: role, text: role, note, off: refusal !== undefined || isSelf };
  });
}

const MANAGED = {
  organization: { all: ["all organization keys"], own: ["their own organization keys"], none: [] },
  workspace: { all: ["all workspace keys"], own: ["keys of their workspaces"], none: [] },
};

function managedWords({ organization, workspace }: Role["manages"]): string {
  if (organization === "all" && workspace === "all") return "Manages all keys";
  const managed = [...MANAGED.organization[organization], ...MANAGED.workspace[workspace]];
  return `Manages ${listOf(managed) || "no keys"}`;
}
