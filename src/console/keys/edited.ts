/** A key's fields as the form for editing has them, in the API's names. */

import type { ManagedKey } from "../../records/key.ts";
import { Form } from "../frame/form.ts";

export function fieldsOf(key: ManagedKey) {
  return {
    name: key.name,
    description: key.description,
    permission: key.permission as string,
    scopes: [...key.scopes].sort(),
    ...(key.reach === "workspace" && { workspace_ids: [...key.workspaceIds].sort() }),
    expires_at: new Date(key.expiresAt).toISOString(),
    allowed_addresses: key.allowedAddresses,
    limits: key.limits,
  };
}

/** For a first look. */
export function formOf(key: ManagedKey): Form {
  const { name, description, permission, scopes, allowed_addresses } = fieldsOf(key);
  const form = new URLSearchParams({ name, permission, description: description ?? "", version: key.version });
  for (const scope of scopes) form.append("scopes", scope);
  for (const id of key.workspaceIds) form.append("workspace_ids", id);
  form.set("allowed_addresses", allowed_addresses.join("\n"));
  form.set("expires_on", new Date(key.expiresAt).toISOString().slice(0, 10));
  for (const { name: rate, limit, window, burst } of key.limits?.rates ?? []) {
    appendAll(form, { rate_name: rate, rate_limit: limit, rate_window: window, rate_burst: burst ?? "" });
  }
  for (const { name: quota, limit, per } of key.limits?.quotas ?? []) {
    appendAll(form, { quota_name: quota, quota_limit: limit, quota_per: per });
  }
  return new Form(form);
}

/** The fields of the API's `keyPatch`, unchecked. */
export function editedFields(form: Form, key: ManagedKey) {
  const day = form.text("expires_on");
  const { expires_at } = fieldsOf(key);
  return {
    name: form.text("name"),
    description: form.textOrNull("description"),
    permission: form.text("permission"),
    scopes: [...new Set(form.list("scopes"))].sort(),
    ...(key.reach === "workspace" && { workspace_ids: form.list("workspace_ids").sort() }),
    // An unchanged day keeps its time of day.
    expires_at: day === "" || day === expires_at.slice(0, 10) ? expires_at : `${day}T00:00:00.000Z`,
    allowed_addresses: form.lines("allowed_addresses"),
    limits: limitsOf(form),
  };
}

/** `null` if all rows are empty. */
function limitsOf(form: Form) {
  const rates = rowsOf(form, ["rate_name", "rate_limit", "rate_window", "rate_burst"]).map(
    ([name, limit, window, burst]) => ({
      ...{ name, limit: Number(limit), window: Number(window) },
      ...(burst && { burst: Number(burst) }),
    }),
  );
  const quotas = rowsOf(form, ["quota_name", "quota_limit", "quota_per"]).map(([name, limit, per]) => ({
    ...{ name, limit: Number(limit), per },
  }));
  return rates.length + quotas.length === 0 ? null : { rates, quotas };
}

/** Rows with a name. */
function rowsOf(form: Form, names: readonly string[]): string[][] {
  const columns = names.map((name) => form.list(name).map((value) => value.trim()));
  const [first = []] = columns;
  return first.map((_, row) => columns.map((column) => column[row] ?? "")).filter(([name]) => name !== "");
}

function appendAll(form: URLSearchParams, fields: Record<string, string | number>): void {
  for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
}
