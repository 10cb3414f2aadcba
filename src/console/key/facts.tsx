/** What is written down of a key. */

import type { KeyRecord } from "../../domain/key.ts";
import type { StatusReason } from "../../domain/key-status.ts";
import { type ManagedKey, workingSecretsOf } from "../../records/key.ts";
import type { NameOf } from "../frame/directory.ts";
import { Ago, Copied, Day, Expiry, Facts, Moment } from "../frame/parts.tsx";
import { listOf, PERMISSION_WORDS } from "../frame/words.ts";
import { typedFacts } from "../keys/typed-fields.tsx";

interface FactsProps {
  readonly keyOf: ManagedKey;
  /** Whether the visitor can end its old secrets. */
  readonly canEnd: boolean;
  readonly record: KeyRecord | undefined;
  /** Why it does not work now. */
  readonly reason: StatusReason | null;
  readonly now: number;
  readonly memberName: NameOf;
  readonly workspaceName: NameOf;
}

export function KeyFacts({ keyOf: key, canEnd, record, reason, now, memberName, workspaceName }: FactsProps) {
  const [, ...older] = workingSecretsOf(key, now);
  return (
    <Facts
      facts={[
        ["Id", <Copied id="key-id" label="the id" text={key.id} />],
        ["Secret", <Copied id="key-hint" label="the hint" text={key.hint} />],
        [
          "Reach, as granted",
          key.reach === "organization" ? "all workspaces" : listOf(key.workspaceIds.map(workspaceName)),
        ],
        ["Permission, as granted", PERMISSION_WORDS[key.permission]],
        ["Scopes, as granted", key.scopes.map((scope) => <span class="scope">{scope}</span>)],
        ["Plan", key.plan ?? (record?.plan ? `${record.plan}, its organization's` : "none")],
        ...typedFacts(key),
        [
          "Created by",
          key.memberId ? <a href={`/members/${key.memberId}`}>{memberName(key.memberId)}</a> : "no member",
        ],
        ["Created", <Moment at={key.createdAt} />],
        ["Last used", <Ago at={key.lastUsedAt} now={now} />],
        ...endOf(key, reason, now),
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
                {canEnd && (
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
