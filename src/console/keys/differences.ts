/** What a change removes and adds, in words. */

import type { NameOf } from "../frame/directory.ts";

export interface Difference {
  readonly field: string;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

export function differencesOf(before: Fields, after: Fields, workspaceName: NameOf): Difference[] {
  return Object.keys(after).flatMap((name) => {
    const [was, becomes] = [before, after].map((fields) => textsOf(fields[name], workspaceName)) as [
      string[],
      string[],
    ];
    const removed = was.filter((text) => !becomes.includes(text));
    const added = becomes.filter((text) => !was.includes(text));
    const field = name === "workspace_ids" ? "workspaces" : name.replaceAll("_", " ");
    return removed.length + added.length === 0 ? [] : [{ field, removed, added }];
  });
}

function textsOf(value: unknown, workspaceName: NameOf): string[] {
  if (value === null || value === undefined || value === "") return [];
  if (Array.isArray(value)) return value.map((item) => workspaceName(String(item)));
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
