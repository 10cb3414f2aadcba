/** The parts of the overview: sums, and what needs attention. */

import { ANSWERS, addAnswered, newAnswered } from "../../domain/answers.ts";
import type { UsageSum } from "../../domain/usage-sums.ts";
import type { ManagedKey } from "../../records/key.ts";
import type { Page } from "../../store/pages.ts";
import { kindOf } from "../frame/chart.tsx";
import { Day, EnvironmentBadge, SOON_MS, Table } from "../frame/parts.tsx";
import type { Visit } from "../frame/visit.ts";
import { number, plural, spanOf } from "../frame/words.ts";

interface FiguresProps {
  readonly sums: readonly UsageSum[];
  /** Of the period before. */
  readonly previous: readonly UsageSum[];
}

export function Figures({ sums, previous }: FiguresProps) {
  const total = (of: readonly UsageSum[]) => of.reduce((sum, { requests }) => sum + requests, 0);
  const [all, before] = [total(sums), total(previous)];
  const kind = (name: string) => total(sums.filter(({ group }) => kindOf(group.outcome) === name));
  const share = (part: number) => (all === 0 ? "" : `${((100 * part) / all).toFixed(1)} %`);
  const figures = [
    ["Requests", all, before === 0 ? "" : `${changeOf(all, before)} than before`],
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

/** What origins answered, by the class of the status. */
export function Answers({ sums }: { sums: readonly UsageSum[] }) {
  const answered = newAnswered();
  for (const sum of sums) addAnswered(answered, sum.answered);
  const rows = ANSWERS.map((name, place) => [name, answered[place] ?? 0] as const).filter(([, count]) => count > 0);
  if (rows.length === 0) return <p class="faint">None in this time.</p>;
  return (
    <Table
      caption="Answers of the origin"
      rows={rows}
      columns={[
        { label: "Status", cell: ([name]) => (name === "broken_off" ? "no answer" : name) },
        { label: "Requests", isNumber: true, cell: ([, count]) => number(count) },
      ]}
    />
  );
}

function changeOf(now: number, before: number): string {
  const percent = Math.round((100 * Math.abs(now - before)) / before);
  return `${percent} % ${now < before ? "fewer" : "more"}`;
}

export function Expiring({ c, page, now }: { c: Visit; page: Page<ManagedKey>; now: number }) {
  const { gateway } = c.var.control;
  const soon = page.items.filter(({ expiresAt }) => expiresAt - now < SOON_MS);
  if (soon.length === 0) return <p class="faint">No active key expires soon.</p>;
  return (
    <>
      <ul class="ranks">
        {soon.map(({ id, name, environment, expiresAt }) => (
          <li>
            <a href={`/keys/${id}`}>
              <span>
                {name} <EnvironmentBadge name={environment} gateway={gateway} />
              </span>
              <span class="soon">
                <Day at={expiresAt} words={`in ${spanOf(expiresAt - now)}`} />
              </span>
            </a>
          </li>
        ))}
      </ul>
      {soon.length === page.items.length && page.next && (
        <p>
          <a href="/keys?status=active&sort=expires_at">There are more than {plural(soon.length, "key")}</a>
        </p>
      )}
    </>
  );
}
