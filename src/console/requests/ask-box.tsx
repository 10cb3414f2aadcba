/** One box for whatever a visitor has who asks why: a request's id, some of a key, a URL or a path. */

import { Field } from "../frame/fields.tsx";

interface Props {
  readonly about?: string;
  readonly problem?: string | undefined;
}

export function AskBox({ about = "", problem }: Props) {
  return (
    <form class="sheet box" method="post" action="/explain" novalidate>
      <Field
        name="about"
        label="Why was a request refused?"
        hint="A request id, the last four characters of a key, a URL or a path."
        problem={problem}
      >
        <input
          type="search"
          value={about}
          autocomplete="off"
          maxlength={32_768}
          placeholder="req_…, a1B2, or https://…"
        />
      </Field>
      <button type="submit">Explain</button>
    </form>
  );
}
