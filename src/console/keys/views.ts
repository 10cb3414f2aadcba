/** Views of the key list that are worth a look now and then. */

import type { Gateway } from "../../config/compile.ts";
import type { WantedKeys } from "../../control/keys/list.ts";
import { DAY_MS } from "../../domain/durations.ts";
import { actionOf, expand } from "../../domain/scope.ts";
import type { KeySort } from "../../store/key-list.ts";
import { SOON_MS } from "../frame/parts.tsx";

export interface View {
  readonly id: string;
  readonly name: string;
  /** Why such keys matter. */
  readonly hint: string;
  readonly sort?: KeySort;
  readonly keys: (now: number) => Omit<WantedKeys, "organizationId">;
}

const UNUSED_MS = 90 * DAY_MS;

export function viewsOf(gateway: Gateway): readonly View[] {
  return [
    {
      id: "expiring",
      name: "Expiring",
      hint: "They stop working within 30 days. Create new ones in time.",
      sort: "expires_at",
      keys: (now) => ({ status: "active", expiresBefore: now + SOON_MS }),
    },
    {
      id: "unused",
      name: "Unused for 90 days",
      hint: "Nobody has used them for 90 days. Disable one, and revoke it if nobody misses it.",
      // The index that has the texts and times is in the order of age.
      sort: "created_at",
      keys: (now) => ({ status: "active", unusedSince: now - UNUSED_MS }),
    },
    {
      id: "never",
      name: "Never used",
      hint: "Nobody has made a request with them.",
      keys: () => ({ status: "active", neverUsed: true }),
    },
    {
      id: "broad",
      name: "Broad rights",
      hint: "They can change data in all workspaces, and one name gives them many scopes.",
      keys: () => ({
        status: "active",
        permission: "full-access",
        reach: "organization",
        scopeIn: broadNames(gateway),
      }),
    },
  ];
}

export function viewOf(id: string | null | undefined, gateway: Gateway): View | undefined {
  return viewsOf(gateway).find((view) => view.id === id);
}

/** Bundles that can do more than read. */
function broadNames({ policy }: Gateway): readonly string[] {
  const { bundles, resources } = policy;
  return Object.keys(bundles).filter((name) =>
    [...expand([name], resources, bundles)].some((scope) => actionOf(scope) !== "read"),
  );
}
