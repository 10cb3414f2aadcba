import type { Refusal } from "../../errors.ts";
import { type Hanging, hasHiddenKey } from "../../store/hidden-keys.ts";
import { forbidden } from "../access.ts";
import type { Caller, Control } from "../control.ts";
import { visibleKeys } from "./list.ts";

/**
 * Nobody can end keys that they do not manage by deleting the member or the workspace that the keys need. This counts keys of
 * every environment, because members and workspaces belong to all of them.
 */
export async function checkHiddenKeys(
  { db, gateway, now }: Control,
  { standing }: Caller,
  organizationId: string,
  hanging: Hanging,
  problem: string,
): Promise<Refusal | undefined> {
  const visible = visibleKeys(standing);
  if (!visible) return undefined;
  const visibleTo = { ...visible, environment: undefined };
  const at = { actsAsMember: gateway.policy.actAs === "member", now: now() };
  return (await hasHiddenKey(db, organizationId, hanging, visibleTo, at)) ? forbidden(problem) : undefined;
}
