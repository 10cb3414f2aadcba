/** Above each page while the platform team looks at the console as a member. */

import type { Viewed } from "../../control/sessions/view.ts";

export const END_OF_VIEW = "/organizations/view/end";

export function Viewing({ of: { member, organization } }: { of: Viewed }) {
  return (
    <form class="notice note viewing" method="post" action={END_OF_VIEW}>
      <p role="status">
        You see the console as <strong>{member.name}</strong> of <strong>{organization.name}</strong>. You cannot change
        anything.
      </p>
      <button type="submit">End the view</button>
    </form>
  );
}
