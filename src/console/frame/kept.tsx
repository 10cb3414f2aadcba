/** What a form keeps without showing it. */

import type { Refusal } from "../../errors.ts";
import type { Form } from "./form.ts";

export function Kept({ fields }: { fields: readonly (readonly [name: string, value: string])[] }) {
  return (
    <>
      {fields.map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
    </>
  );
}

interface VersionProps {
  readonly of: { readonly version: string };
  /** As it was sent, if it comes back. */
  readonly form?: Form | undefined;
  readonly refusal?: Refusal | undefined;
}

/**
 * The version that the form is about. A form that comes back with a mistake keeps it: the visitor has not seen what others changed
 * meanwhile. After a 412 the page tells them.
 */
export function Version({ of, form, refusal }: VersionProps) {
  const seen = form && refusal?.code !== "precondition_failed" ? form.text("version") : of.version;
  return <Kept fields={[["version", seen]]} />;
}
