/** The form of a request to explain. */

import { Field, Options } from "../frame/fields.tsx";
import { NO_PROBLEMS, type Problems } from "../frame/mistakes.tsx";

/** As the form has it. `key`: some of its id, its name or its secret. */
export interface Asked {
  readonly key: string;
  readonly method: string;
  readonly url: string;
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

interface TrialProps {
  readonly asked: Asked;
  readonly title: string;
  readonly problems?: Problems;
  /** The key is not asked for. */
  readonly isOfKey?: true;
}

export function Trial({ asked: { key, method, url }, title, problems = NO_PROBLEMS, isOfKey }: TrialProps) {
  const methods = METHODS.includes(method) ? METHODS : [...METHODS, method];
  return (
    <section class="sheet">
      <h2>{title}</h2>
      <p class="hint">
        See how the gateway would decide a request. Nothing is sent or spent.
        {!isOfKey && " A key is found by its name, its id or its last four characters."}
      </p>
      <form class="row top" method="post" action="/explain" novalidate>
        {isOfKey ? (
          <input type="hidden" name="key" value={key} />
        ) : (
          <Field name="key" label="Key" problem={problems.get("key")}>
            <input value={key} autocomplete="off" />
          </Field>
        )}
        <Field name="method" label="Method" problem={problems.get("method")}>
          <select>
            <Options options={methods.map((name) => [name, name] as const)} chosen={method} />
          </select>
        </Field>
        <Field name="url" label="URL" problem={problems.get("url")}>
          <input type="url" required value={url} autocomplete="off" />
        </Field>
        <button type="submit" class="quiet low">
          Explain
        </button>
      </form>
    </section>
  );
}
