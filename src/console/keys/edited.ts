/** A key's fields as the form for editing has them, in the API's names. */

import { changeableOf, type ManagedKey } from "../../records/key.ts";
import { Form } from "../frame/form.ts";
import type { FormField } from "../frame/mistakes.tsx";
import { limitEntries, limitFields, limitsIn, ROW_KINDS } from "./limit-rows.ts";
import { typedEntries, typedFormFields, typedIn } from "./typed-fields.tsx";

/** For a first look. */
export function formOf(key: ManagedKey): Form {
  const { permission, scopes, expires_at, limits } = changeableOf(key);
  return new Form([
    ["version", key.version],
    ...typedEntries(key),
    ["permission", permission],
    ...key.workspaceIds.map((id): [string, string] => ["workspace_ids", id]),
    ...scopes.map((scope): [string, string] => ["scopes", scope]),
    ...limitEntries(limits),
    ["expires_on", expires_at.slice(0, 10)],
  ]);
}

/** In the order of the page. */
export function editFields(form: Form): FormField[] {
  return [
    ...typedFormFields("name"),
    { id: "permission", label: "Permission" },
    { id: "workspace_ids", label: "Workspaces" },
    { id: "scopes", label: "Scopes" },
    ...limitFields(form),
    { id: "expires_on", label: "Expires on (UTC)", of: "expires_at" },
    ...typedFormFields("access"),
  ];
}

/** What the form changes of the key, as fields of the API's `keyPatch`, unchecked. */
export function changesIn(form: Form, key: ManagedKey): Record<string, unknown> {
  const wanted = fieldsIn(form, key);
  // What is as the form first showed it is not changed, even if the form cannot show all of it, such as a time of day.
  const shown = fieldsIn(formOf(key), key);
  return Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(shown[name])),
  );
}

function fieldsIn(form: Form, key: ManagedKey): Record<string, unknown> {
  const day = form.text("expires_on");
  return {
    permission: form.text("permission"),
    ...(key.reach === "workspace" && { workspace_ids: sortedOnce(form.list("workspace_ids")) }),
    scopes: sortedOnce(form.list("scopes")),
    limits: limitsIn(form),
    expires_at: day === "" ? "" : `${day}T00:00:00.000Z`,
    ...typedIn(form),
  };
}

const sortedOnce = (list: readonly string[]) => [...new Set(list)].sort();

/** What was sent without a field keeps what the key has there. A group of checkboxes without a choice sends nothing. */
export function completed(form: Form, key: ManagedKey): Form {
  const hasLimits = LIMIT_NAMES.some((name) => form.has(name));
  const isSent = (name: string) =>
    LIMIT_NAMES.includes(name) ? hasLimits : NEVER_MISSING.includes(name) || form.has(name);
  return new Form([
    ...form.entries(),
    ...formOf(key)
      .entries()
      .filter(([name]) => !isSent(name)),
  ]);
}

const LIMIT_NAMES = ROW_KINDS.flatMap(({ columns }) => columns.map(({ name }) => name));
const NEVER_MISSING = ["version", "scopes", "workspace_ids"];
