/** The fields of an organization, for the platform team. */

import type { Gateway } from "../../config/compile.ts";
import { LOCATIONS, type Location } from "../../domain/location.ts";
import type { Organization } from "../../records/organization.ts";
import { Choices, Field, Options } from "../frame/fields.tsx";
import { Form, wholeNumberIn } from "../frame/form.ts";
import type { FormField, Problems } from "../frame/mistakes.tsx";
import { EnvironmentBadge } from "../frame/parts.tsx";

interface Props {
  readonly form: Form;
  readonly gateway: Gateway;
  readonly problems: Problems;
}

/** In their order. */
export const ORGANIZATION_FIELDS: readonly FormField[] = [
  { id: "name", label: "Name" },
  { id: "plan", label: "Plan" },
  { id: "environments", label: "Environments" },
  { id: "key_quota", label: "Key quota" },
  { id: "location", label: "Location" },
];

/** As Cloudflare calls them: https://developers.cloudflare.com/durable-objects/reference/data-location/ */
const LOCATION_WORDS: Record<Location, string> = {
  wnam: "Western North America",
  enam: "Eastern North America",
  sam: "South America",
  weur: "Western Europe",
  eeur: "Eastern Europe",
  apac: "Asia-Pacific",
  oc: "Oceania",
  afr: "Africa",
  me: "Middle East",
};

export function OrganizationFields({ form, gateway, problems }: Props) {
  const plans = Object.keys(gateway.plans).map((name) => [name, name] as const);
  return (
    <>
      <Field name="name" label="Name" problem={problems.get("name")}>
        <input value={form.text("name")} maxlength={200} required autocomplete="off" />
      </Field>
      <Field
        name="plan"
        label="Plan"
        hint="Its limits apply to each key of the organization without its own plan."
        problem={problems.get("plan")}
      >
        <select>
          <Options options={[["", "none: no limits"], ...plans]} chosen={form.text("plan")} />
        </select>
      </Field>
      <Choices
        name="environments"
        label="Environments"
        hint="Where it can have keys. Existing keys keep working."
        problem={problems.get("environments")}
        type="checkbox"
        choices={Object.entries(gateway.environments).map(([name, environment]) => ({
          value: name,
          text: <EnvironmentBadge name={name} gateway={gateway} />,
          note: environment.plans && `only on the plan ${environment.plans.join(" or ")}`,
        }))}
        chosen={form.list("environments")}
      />
      <Field
        name="key_quota"
        label="Key quota"
        hint={`The most active keys. Empty for the configured ${gateway.keys.quotaPerOrganization}.`}
        problem={problems.get("key_quota")}
      >
        <input inputmode="numeric" value={form.text("key_quota")} autocomplete="off" />
      </Field>
      {gateway.keys.authorityLocation === "organization" && (
        <Field
          name="location"
          label="Location"
          hint="Where the limits of its new keys are counted. Existing keys stay where they are."
          problem={problems.get("location")}
        >
          <select>
            <Options
              options={[
                ["", "near the first request"],
                ...LOCATIONS.map((name) => [name, LOCATION_WORDS[name]] as const),
              ]}
              chosen={form.text("location")}
            />
          </select>
        </Field>
      )}
    </>
  );
}

/** As the API has it. */
export function organizationFieldsOf(form: Form) {
  return {
    name: form.text("name"),
    plan: form.textOrNull("plan"),
    environments: form.list("environments"),
    key_quota: wholeNumberIn(form.text("key_quota")) ?? null,
    // Only if it has an effect does the form have it.
    ...(form.has("location") && { location: form.textOrNull("location") }),
  };
}

export function formOf({ name, plan, environments, keyQuota, location }: Partial<Organization>): Form {
  return new Form([
    ["name", name ?? ""],
    ["plan", plan ?? ""],
    ["key_quota", String(keyQuota ?? "")],
    ["location", location ?? ""],
    ...(environments ?? []).map((environment): [string, string] => ["environments", environment]),
  ]);
}
