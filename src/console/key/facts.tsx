/** What is written down of a key. */

import type { KeyRecord } from "../../domain/key.ts";
import type { StatusReason } from "../../domain/key-status.ts";
import { type ManagedKey, workingSecretsOf } from "../../records/key.ts";
import type { NameOf } from "../frame/directory.ts";
import { Ago, Copied, Day, Expiry, Facts, Moment } from "../frame/parts.tsx";
import { listOf, number } from "../frame/words.ts";
import { typedFacts } from "../keys/typed-fields.tsx";

interface LeadProps {
  readonly keyOf: ManagedKey;
  /** Why it does not work now. */
  readonly reason: StatusReason | null;
  /** In the last 7 days; `undefined` if it is not known. */
  readonly requests: number | undefined;
  readonly now: number;
  readonly memberName: NameOf;
}

/** What most visitors come to see. */
export function LeadFacts({ keyOf: key, reason, requests, now, memberName }: LeadProps) {
  return (
    <section class="sheet lead">
      <Facts
        facts={[
          ["Last used", <Ago at={key.lastUsedAt} now={now} />],
          ...(requests === undefined ? [] : [["Requests in 7 days", number(requests)] as const]),
          ...endOf(key, reason, now),
          [
            "Created by",
            key.memberId ? <a href={`/members/${key.memberId}`}>{memberName(key.memberId)}</a> : "no member",
          ],
        ]}
      />
    </section>
  );
}

interface FactsProps {
  readonly keyOf: ManagedKey;
  /** Whether the visitor can rotate it, and end its old secrets. */
  readonly canChange: boolean;
  readonly record: KeyRecord | undefined;
  readonly now: number;
  readonly workspaceName: NameOf;
}

export function KeyFacts({ keyOf: key, canChange, record, now, workspaceName }: FactsProps) {
  const [, ...older] = workingSecretsOf(key, now);
  return (
    <Facts
      facts={[
        ["Id", <Copied id="key-id" label="the id" text={key.id} />],
        [
          "Secret",
          <>
            <code>{key.hint}</code>
            <span class="quietly">Shown once, when it was created.{canChange && " Rotate the key for a new one."}</span>
          </>,
        ],
        [
          "Reach, as granted",
          key.reach === "organization" ? "all workspaces" : listOf(key.workspaceIds.map(workspaceName)),
        ],
        // Full access leaves the scopes as they are, so only the other is worth a word.
        ...(key.permission === "read-only" ? [["Permission", "read only"] as const] : []),
        ["Scopes, as granted", key.scopes.map((scope) => <span class="scope">{scope}</span>)],
        ["Plan", key.plan ?? (record?.plan ? `${record.plan}, its organization's` : "none")],
        ...typedFacts(key),
        ["Created", <Moment at={key.createdAt} />],
        ...older.map(
          (secret) =>
            [
              "Old secret",
              <>
                <code>{secret.hint}</code>{" "}
                {secret.expiresAt && (
                  <>
                    until <Moment at={secret.expiresAt} />
                  </>
                )}{" "}
                {canChange && (
                  <a href={`/keys/${key.id}/secrets/${secret.id}/end`} data-dialog>
                    End<span class="unseen"> the secret {secret.hint}</span>
                  </a>
                )}
              </>,
            ] as const,
        ),
        ...(key.disabledAt === null ? [] : [["Disabled", <Moment at={key.disabledAt} />] as const]),
        ...(key.revokedAt === null ? [] : [["Revoked", <Moment at={key.revokedAt} />] as const]),
      ]}
    />
  );
}

/** A key that does not work says no day until which it does. */
function endOf({ expiresAt }: ManagedKey, reason: StatusReason | null, now: number) {
  if (!reason) return [["Expires", <Expiry at={expiresAt} now={now} />] as const];
  if (reason === "key_expired") return [["Expired", <Moment at={expiresAt} />] as const];
  return reason === "key_revoked" ? [] : [["Latest expiry, if it works again", <Day at={expiresAt} />] as const];
}
