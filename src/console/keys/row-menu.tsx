/** What can be done with one key of the list. Each is a page; what asks first is a dialog, as on the page of the key. */

import type { ManagedKey } from "../../records/key.ts";

interface Props {
  readonly keyOf: ManagedKey;
  readonly now: number;
  readonly can: { readonly write: boolean; readonly revoke: boolean };
}

export function RowMenu({ keyOf: { id, name, revokedAt, expiresAt, disabledAt }, now, can }: Props) {
  const isLiving = revokedAt === null && expiresAt > now;
  const asked = [
    ...(can.write && isLiving ? ["Rotate", disabledAt === null ? "Disable" : "Enable"] : []),
    ...(can.revoke && revokedAt === null ? ["Revoke"] : []),
  ];
  return (
    <>
      <button type="button" class="dots" popovertarget={`menu-${id}`} aria-label={`Actions for ${name}`}>
        <span aria-hidden="true">⋯</span>
      </button>
      <div popover="auto" id={`menu-${id}`} class="menu">
        {can.write && isLiving && <a href={`/keys/${id}/edit`}>Edit</a>}
        {asked.map((deed) => (
          <a href={`/keys/${id}/${deed.toLowerCase()}`} data-dialog>
            {deed}…
          </a>
        ))}
        <a href={`/keys/${id}/requests`}>Requests</a>
        <a href={`/keys/${id}/history`}>History</a>
      </div>
    </>
  );
}
