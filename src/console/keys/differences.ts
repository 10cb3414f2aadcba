/** What a change removes and adds, in words. */

import type { NameOf } from "../frame/directory.ts";

export interface Difference {
  readonly field: string;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Workspaces are compared by id: several can have one name. */
export function differencesOf(before: Fields, after: Fields, workspaceName: NameOf): Difference[] {
  return Object.keys(after).flatMap((name) => {
    const [was, becomes] = [textsOf(before[name]), textsOf(after[name])];
    const isOfWorkspaces = name === "workspace_ids";
    const shown = (texts: string[]) => (isOfWorkspaces ? texts.map(workspaceName) : texts);
    const removed = shown(was.filter((text) => !becomes.includes(text)));
    const added = shown(becomes.filter((text) => !was.includes(text)));
    const field = isOfWorkspaces ? "workspaces" : name.replaceAll("_", " ");
    return removed.length + added.length === 0 ? [] : [{ field, removed, added }];
  });
}

function textsOf(value: unknown): string[] {
  if (value === null || value === undefined || value === "") return [];
  if (Array.isArray(value)) return value.map(String);
  if (typeof value !== "object") return [String(value)];
  // Limits: one text per limit.
  return Object.entries(value).flatMap(([kind, list]) =>
    (list as object[]).map(
      (limit) =>
        `${kind.replace(/s$/, "")} ${Object.entries(limit)
          .map(([n, v]) => `${n} ${v}`)
          .join(", ")}`,
    ),
  );
}
