/** The parts of the overview: sums, rankings, and what needs attention. */

import { findKey } from "../../control/access.ts";
import type { UsageSum } from "../../domain/usage-sums.ts";
import { isRefusal } from "../../errors.ts";
import type { ManagedKey } from "../../records/key.ts";
import type { Page } from "../../store/pages.ts";
import { kindOf, ranking } from "../frame/chart.tsx";
import { namesIn } from "../frame/directory.ts";
import { EnvironmentBadge, Expiry, SOON_MS, Table } from "../frame/parts.tsx";
import type { Visit } from "../frame/visit.ts";
import { number, plural } from "../frame/words.ts";
import { ErrorCode } from "../key/usage.tsx";

/** Rows of a ranking. */
export const TOP = 8;

export function Figures({ sums }: { sums: readonly UsageSum[] }) {
  const total = (of: readonly UsageSum[]) => of.reduce((sum, { requests }) => sum + requests, 0);
  const all = total(sums);
  const kind = (name: string) => total(sums.filter(({ group }) => kindOf(group.outcome) === name));
  const share = (part: number) => (all === 0 ? "" : `${((100 * part) / all).toFixed(1)} %`);
  const figures = [
    ["Requests", all, ""],
    ["Forwarded", kind("forwarded"), share(kind("forwarded"))],
    ["Over a limit (429)", kind("limited"), share(kind("limited"))],
    ["Refused for other reasons", kind("refused"), share(kind("refused"))],
  ] as const;
  return (
    <dl class="figures">
      {figures.map(([name, count, part]) => (
        <div>
          <dt>{name}</dt>
          <dd>
            {number(count)} <small>{part}</small>
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function Environments({ c, sums }: { c: Visit; sums: readonly UsageSum[] }) {
  const { gateway } = c.var.control;
  return (
    <Ranking
      rows={ranking(sums, "environment")}
      label="Environment"
      show={(name) => <EnvironmentBadge name={name} gateway={gateway} />}
    />
  );
}

export function Refusals({ sums }: { sums: readonly UsageSum[] }) {
  const refused = sums.filter(({ group }) => group.outcome !== "forwarded");
  return <Ranking rows={ranking(refused, "outcome")} label="Reason" show={(code) => <ErrorCode code={code} />} />;
}

interface RankingProps {
  readonly rows: readonly { readonly name: string; readonly requests: number }[];
  readonly label: string;
  readonly show: (name: string) => unknown;
}

export function Ranking({ rows, label, show: shown }: RankingProps) {
  if (rows.length === 0) return <p class="faint">None in this time.</p>;
  return (
    <Table
      caption={label}
      rows={rows.slice(0, TOP)}
      columns={[
        { label: label, cell: ({ name }) => shown(name) as string },
        { label: "Requests", isNumber: true, cell: ({ requests }) => number(requests) },
      ]}
    />
  );
}

export async function TopKeys({ c, sums }: { c: Visit; sums: readonly UsageSum[] }) {
  const top = ranking(sums, "key");
  const { control, visitor } = c.var;
  const keys = await Promise.all(top.map(({ name }) => findKey(control, visitor.caller, name, "api_keys:read")));
  const nameOf = namesIn([keys.flatMap((key) => (isRefusal(key) ? [] : [key]))]);
  return <Ranking rows={top} label="Key" show={(id) => <a href={`/keys/${id}`}>{nameOf(id)}</a>} />;
}

export function Expiring({ c, page, now }: { c: Visit; page: Page<ManagedKey>; now: number }) {
  const { gateway } = c.var.control;
  const soon = page.items.filter(({ expiresAt }) => expiresAt - now < SOON_MS);
  if (soon.length === 0) return <p class="faint">None.</p>;
  return (
    <>
      <Table
        caption="Keys that expire soon"
        rows={soon}
        columns={[
          { label: "Key", cell: ({ id, name }) => <a href={`/keys/${id}`}>{name}</a> },
          {
            label: "Environment",
            cell: ({ environment }) => <EnvironmentBadge name={environment} gateway={gateway} />,
          },
          { label: "Expires", cell: ({ expiresAt }) => <Expiry at={expiresAt} now={now} /> },
        ]}
      />
      {soon.length === page.items.length && page.next && (
        <p>
          <a href="/keys?status=active&sort=expires_at">There are more than {plural(soon.length, "key")}</a>
        </p>
      )}
    </>
  );
}
