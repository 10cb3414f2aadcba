/** An organization, field by field. */

import * as z from "zod";
import { LOCATIONS } from "../domain/location.ts";
import { givenName, id, MAX_LIST, plan, time, unique } from "./forms.ts";
import { codec, type Fields, type Given, type RecordOf } from "./record.ts";

const environments = z.array(z.string()).min(1, "must name at least one").max(MAX_LIST).transform(unique);
const keyQuota = z.int().min(0).nullable();
const location = z.enum(LOCATIONS).nullable();
const status = z.enum(["active", "suspended"]);

const FIELDS = {
  id: { form: id },
  name: { form: z.string() },
  plan: { form: z.string().nullable() },
  environments: { form: z.array(z.string()), as: "json" },
  key_quota: { form: z.int().nullable() },
  status: { form: status },
  trial_started_at: { form: time.nullable(), as: "time" },
  created_at: { form: time, as: "time" },
  version: { form: z.string(), hidden: true },
  location: {
    form: location,
  },
} as const satisfies Fields;

/** Without environments, it can have keys for all of them. */
const CREATE = {
  name: givenName,
  plan: plan.default(null),
  environments: environments.optional(),
  key_quota: keyQuota.default(null),
  location: location.default(null),
};

const CHANGE = { name: givenName, plan, environments, key_quota: keyQuota, status, location };

/** What the audit trail tells of a new organization. */
const AUDITED = ["name", "plan", "environments", "key_quota", "location"] as const;

const ORGANIZATION = codec({ fields: FIELDS, create: CREATE, change: CHANGE });

export type Organization = RecordOf<typeof FIELDS>;

export const organizationBody = ORGANIZATION.body;
export type NewOrganization = Given<typeof FIELDS, z.output<typeof organizationBody>>;
export const newOrganizationOf = (body: z.output<typeof organizationBody>): NewOrganization => ORGANIZATION.given(body);

export const organizationPatch = ORGANIZATION.patch;
export type OrganizationChange = Given<typeof FIELDS, z.output<typeof organizationPatch>>;
export const organizationChangeOf = (patch: z.output<typeof organizationPatch>): OrganizationChange =>
  ORGANIZATION.given(patch);

/** The form of its answer, for the OpenAPI document. */
export const organizationShape = ORGANIZATION.shape;
export type OrganizationAnswer = z.output<z.ZodObject<typeof organizationShape>>;
export const renderOrganization = (organization: Organization): OrganizationAnswer => ORGANIZATION.show(organization);
export const auditedOfOrganization = (organization: Organization) => ORGANIZATION.pick(AUDITED, organization);

export const ORGANIZATION_COLUMNS = ORGANIZATION.columns;
export const CHANGED_ORGANIZATION_COLUMNS = ORGANIZATION.changed;
export const organizationCells = ORGANIZATION.cells;
export const organizationOf = ORGANIZATION.read;
