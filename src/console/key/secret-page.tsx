/** Shows a new secret, once. */

import type { Control } from "../../control/control.ts";
import { sampleCall } from "../../control/explain/sample-call.ts";
import type { KeyRecord } from "../../domain/key.ts";
import { statusReasonOf } from "../../domain/key-status.ts";
import type { ManagedKey } from "../../records/key.ts";
import { readKeyRecord } from "../../store/key-records.ts";
import { show } from "../frame/layout.tsx";
import { Copyable, EnvironmentBadge, Moment, Notice } from "../frame/parts.tsx";
import type { Visit } from "../frame/visit.ts";
import { WHY_NOT } from "../keys/summary.ts";
import { Snippets } from "../open/snippet-tabs.tsx";
import { snippetsOf } from "../open/snippets.ts";
import { FirstRequest } from "./first-request.tsx";

interface NewSecret {
  readonly key: ManagedKey;
  readonly secret: string;
  readonly title: string;
  /** What happens to the old secrets. */
  readonly before?: string;
}

export async function showSecret(c: Visit, { key, secret, title, before }: NewSecret) {
  const { control } = c.var;
  const record = await recordOf(control, key);
  const reason = record && statusReasonOf(record, control.gateway, control.now());
  const url = record && sampleCall(record, control.gateway);
  return show(
    c,
    { title, status: 201 },
    <>
      <p class="crumb">
        <a href="/keys">API keys</a>
      </p>
      <h1>{title}</h1>
      <p>
        <strong>{key.name}</strong> <EnvironmentBadge name={key.environment} gateway={control.gateway} />{" "}
        {reason ? (
          <>cannot be used now: {WHY_NOT[reason]}.</>
        ) : (
          <>
            works at once, until <Moment at={key.expiresAt} />. {before}
          </>
        )}
      </p>
      <section class="sheet secret" aria-label="The secret">
        <Notice kind="note">
          <strong>Copy the secret now.</strong> It is shown only once: Keygate keeps no copy that could be read again.
        </Notice>
        <Copyable id="secret" label="the secret" text={secret} />
        {url ? (
          <>
            <h2>Try it</h2>
            <Snippets snippets={snippetsOf(url, secret)} />
          </>
        ) : (
          <p>None of its scopes allows a call that could be shown here.</p>
        )}
        {key.lastUsedAt === null && !reason && <FirstRequest keyId={key.id} check={`/keys/${key.id}`} isApart />}
        <form action={`/keys/${key.id}`}>
          <label class="choice">
            <input type="checkbox" id="stored" required />
            <span>I have saved the secret in a safe place</span>
          </label>
          <button type="submit">Done</button>
        </form>
      </section>
    </>,
  );
}

/** A fault must not prevent the secret from being shown. */
function recordOf({ db }: Control, { environment, id }: ManagedKey): Promise<KeyRecord | undefined> {
  return readKeyRecord(db, environment, id).catch(() => undefined);
}
