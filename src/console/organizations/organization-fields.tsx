/** The fields of an organization, for the platform team. */

import type { Gateway } from "../../config/compile.ts";
import type { Organization } from "../../records/organization.ts";
import { Form } from "../frame/form.ts";
import { Choice, EnvironmentBadge, Field, Options } from "../frame/parts.tsx";

interface Props {
  readonly form: Form;
  readonly gateway: Gateway;
  readonly problems: ReadonlyMap<string, string>;
}

export function OrganizationFields({ form, gateway, problems }: Props) {
  const plans = Object.keys(gateway.plans).map((name) => [name, name] as const);
  return (
    <>
      <Field name="name" label="Name" problem={problems.get("name")}>
        <input id="name" name="name" value={form.text("name")} maxlength={200} required autocomplete="off" />
      </Field>
      <Field
        name="plan"
        label="Plan"
        hint="Its limits apply to each key of the organization without its own plan."
        problem={problems.get("plan")}
      >
        <select id="plan" name="plan">
          <Options options={[["", "none: no limits"], ...plans]} chosen={form.text("plan")} />
        </select>
      </Field>
      <Choice
        name="environments"
        label="Environments"
        hint="Where it can have keys. Existing keys keep working."
        problem={problems.get("environments")}
      >
        {Object.entries(gateway.environments).map(([name, environment]) => (
          <label class="choice">
            <input
              type="checkbox"
              name="environments"
              value={name}
              checked={form.list("environments").includes(name)}
            />
            <span>
              <EnvironmentBadge name={name} gateway={gateway} />
              {environment.plans && <small>only on the plan {environment.plans.join(" or ")}</small>}
            </span>
          </label>
        ))}
      </Choice>
      <Field
        name="key_quota"
        label="Key quota"
        hint={`The most active keys. Empty for the configured ${gateway.keys.quotaPerOrganization}.`}
        problem={problems.get("key_quota")}
      >
        <input id="key_quota" name="key_quota" inputmode="numeric" value={form.text("key_quota")} autocomplete="off" />
      </Field>
    </>
  );
}

/** As the API has it. */
export function organizationFieldsOf(form: Form) {
  const quota = form.textOrNull("key_quota");
  return {
    name: form.text("name"),
    plan: form.textOrNull("plan"),
    environments: form.list("environments"),
    key_quota: quota === null ? null : Number(quota),
  };
}

export function formOf({ name, plan, environments, keyQuota }: Partial<Organization>): Form {
  const fields = new URLSearchParams({ name: name ?? "", plan: plan ?? "", key_quota: String(keyQuota ?? "") });
  for (const environment of environments ?? []) fields.append("environments", environment);
  return new Form(fields);
}
