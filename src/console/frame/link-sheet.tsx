import type { MadeSignInLink } from "../../control/sessions/sign-in-link.ts";
import { Copyable, Moment, Notice } from "./parts.tsx";

/** A sign-in link, once. */
export function LinkSheet({ made, back }: { made: MadeSignInLink; back: { path: string; name: string } }) {
  return (
    <>
      <p class="crumb">
        <a href={back.path}>{back.name}</a>
      </p>
      <h1>Sign-in link</h1>
      <section class="sheet secret">
        <Notice kind="note">
          Shown only once. Anyone who opens it signs in as this member, so send it to nobody else. It works once, until{" "}
          <Moment at={made.expiresAt} />.
        </Notice>
        <Copyable id="secret" label="the link" text={made.url} />
        <input type="checkbox" id="stored" checked hidden aria-label="Stored" />
      </section>
    </>
  );
}
