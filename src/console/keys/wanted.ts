/** The form of a new key, as the API's fields. */

import type { Control } from "../../control/control.ts";
import { draftOf } from "../../control/keys/draft.ts";
import { DAY_MS } from "../../domain/durations.ts";
import type { KeyRecord } from "../../domain/key.ts";
import { readTime } from "../../domain/time.ts";
import type { MemberRecord } from "../../records/member.ts";
import type { Form } from "../frame/form.ts";
import type { FormField } from "../frame/mistakes.tsx";
import { typedFormFields, typedIn } from "./typed-fields.tsx";

/** The fields of the API's `keyBody`, unchecked. */
export function keyFieldsOf(form: Form, organizationId: string, control: Control) {
  const reach = form.text("reach");
  return {
    organization_id: organizationId,
    environment: form.text("environment"),
    reach,
    workspace_ids: reach === "workspace" ? form.list("workspace_ids") : [],
    permission: form.text("permission"),
    scopes: form.list("scopes"),
    expires_at: expiryOf(form, control),
    ...typedIn(form),
  };
}

/** The start of the chosen day in UTC, or after the chosen days; `null` for the configured lifetime. */
function expiryOf(form: Form, control: Control): string | null {
  const day = form.text("expires_on");
  if (day !== "") return `${day}T00:00:00Z`;
  const days = form.text("expires_in");
  if (days === "") return null;
  // Other texts are left for the schema to refuse.
  return /^\d{1,4}$/.test(days) ? new Date(control.now() + Number(days) * DAY_MS).toISOString() : days;
}

/** The key as far as the form is filled in; missing or wrong values count as the narrowest. */
export function draftFrom(form: Form, control: Control, member: MemberRecord, plan: string | null): KeyRecord {
  const fields = keyFieldsOf(form, member.organizationId, control);
  const wanted = {
    environment: fields.environment,
    reach: fields.reach === "workspace" ? ("workspace" as const) : ("organization" as const),
    workspaceIds: fields.workspace_ids,
    permission: fields.permission === "full-access" ? ("full-access" as const) : ("read-only" as const),
    scopes: fields.scopes,
    expiresAt: readTime(fields.expires_at ?? "") ?? null,
  };
  return draftOf(control, member, wanted, plan);
}

/** In the order of the page. */
export function newKeyFields(form: Form): FormField[] {
  return [
    ...typedFormFields("name"),
    { id: "environment", label: "Environment" },
    { id: "reach", label: "Reach" },
    { id: "workspace_ids", label: "Workspaces" },
    { id: "permission", label: "Permission" },
    { id: "scopes", label: "Scopes" },
    form.text("expires_on") === ""
      ? { id: "expires_in", label: "Expires", of: "expires_at" }
      : { id: "expires_on", label: "Expires on this day (UTC)", of: "expires_at" },
    ...typedFormFields("access"),
  ];
}
