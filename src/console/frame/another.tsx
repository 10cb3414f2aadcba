import { MAX_LISTED } from "./directory.ts";
import { Cell } from "./fields.tsx";

/** Below a list of workspaces, which may not have all of them. */
export function Another({ listed }: { listed: number }) {
  if (listed < MAX_LISTED) return null;
  return (
    <Cell
      name="workspace_ids"
      id="another_workspace"
      label={`At most ${MAX_LISTED} are listed. For another one, write its id`}
    >
      <input placeholder="ws_…" autocomplete="off" />
    </Cell>
  );
}
