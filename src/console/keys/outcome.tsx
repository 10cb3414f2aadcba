/** Does something with several keys, and says of each that could not be changed why. */

import type { Child } from "hono/jsx";
import { findKeys } from "../../control/access.ts";
import type { ChangedKey } from "../../control/keys/commit-change.ts";
import { describe, isRefusal, type Refusal } from "../../errors.ts";
import { boundOf } from "../frame/done.tsx";
import type { Form } from "../frame/form.ts";
import { show } from "../frame/layout.tsx";
import { Alert } from "../frame/mistakes.tsx";
import { Notice } from "../frame/parts.tsx";
import { showRefusal } from "../frame/refusal-page.tsx";
import type { Visit } from "../frame/visit.ts";
import { plural } from "../frame/words.ts";
import type { Deed } from "./deeds.ts";
import { listBack } from "./selection.tsx";

/** So that a page of keys takes a second or two, and D1 is not asked all at once. */
const MAX_AT_ONCE = 5;

export interface Asked {
  readonly ids: readonly string[];
  readonly back: string | undefined;
  readonly form: Form;
}

interface Outcome {
  readonly id: string;
  readonly result: ChangedKey | Refusal;
}

/** As often as it is sent, each key is changed once. */
export async function actOn(c: Visit, deed: Deed, { ids, back, form }: Asked): Promise<Response> {
  const { control, visitor } = c.var;
  const { verb, done, title, scope } = deed;
  const known = await findKeys(control, visitor.caller, ids, scope);
  if (isRefusal(known)) return showRefusal(c, known);
  const nameOf = new Map(known.map(({ id, name }) => [id, name]));
  const outcomes: Outcome[] = [];
  for (let at = 0; at < ids.length; at += MAX_AT_ONCE) {
    const some = ids.slice(at, at + MAX_AT_ONCE);
    outcomes.push(
      ...(await Promise.all(some.map(async (id) => ({ id, result: await verb(control, visitor.caller, id, form) })))),
    );
  }
  const failed = outcomes.filter((outcome): outcome is { id: string; result: Refusal } => isRefusal(outcome.result));
  const changed = outcomes.length - failed.length;
  const heading = title(plural(ids.length, "key"));
  const isPending = outcomes.some(({ result }) => !isRefusal(result) && result.effect.isPending);
  return show(
    c,
    { title: failed.length > 0 ? `Error: ${heading}` : heading, status: changed === 0 ? 422 : 200 },
    <>
      <h1>{heading}</h1>
      {changed > 0 && (
        <Notice kind={isPending ? "note" : "good"}>
          {plural(changed, "key")} {changed === 1 ? "is" : "are"} {done}.{" "}
          {isPending
            ? "Parts of the gateway do not know of it yet, but will within minutes."
            : `It takes effect everywhere within ${boundOf(control.gateway)}.`}
        </Notice>
      )}
      {failed.length > 0 && (
        <Failures
          failed={failed.map(({ id, result }) => [id, nameOf.get(id) ?? id, describe(result).detail])}
          done={done}
        />
      )}
      <a class="button" href={listBack(back)}>
        Back to the keys
      </a>
    </>,
  );
}

function Failures({ failed, done }: { failed: readonly (readonly [string, string, Child])[]; done: string }) {
  return (
    <Alert>
      <p>
        <strong>
          {plural(failed.length, "key")} {failed.length === 1 ? "was" : "were"} not {done}:
        </strong>
      </p>
      <ul>
        {failed.map(([id, name, why]) => (
          <li>
            <a href={`/keys/${id}`}>{name}</a>: {why}
          </li>
        ))}
      </ul>
    </Alert>
  );
}
