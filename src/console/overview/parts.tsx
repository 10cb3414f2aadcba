/** The parts of the overview: sums, and what needs attention. */

import { ANSWERS, addAnswered, newAnswered } from "../../domain/answers.ts";
import type { UsageSum } from "../../domain/usage-sums.ts";
import type { ManagedKey } from "../../records/key.ts";
import type { Page } from "../../store/pages.ts";
import { kindOf } from "../frame/chart.tsx";
import { Day, EnvironmentBadge, SOON_MS, Table } from "../frame/parts.tsx";
import { before, isRunning, type Period } from "../frame/period.ts";
import type { Visit } from "../frame/visit.ts";
import { number, plural, spanOf } from "../frame/words.ts";

interface FiguresProps {
  readonly sums: readonly UsageSum[];
  readonly period: Period;
  /** Of the period before. */
  readonly previous: readonly UsageSum[];
}

export function Figures({ sums, period, previous }: FiguresProps) {
  const total = (of: readonly UsageSum[]) => of.reduce((sum, { requests }) => sum + requests, 0);
  // What still runs is not compared with a whole hour or day.
  const over = (of: readonly UsageSum[], span: Period) =>
    total(of.filter(({ group }) => !isRunning(span, Number(group[span.by]))));
  const all = total(sums);
  const kind = (name: string) => total(sums.filter(({ group }) => kindOf(group.outcome) === name));
  const share = (part: number) => (all === 0 ? "" : `${((100 * part) / all).toFixed(1)} %`);
  const figures = [
    ["Requests", all, changeOf(over(sums, period), over(previous, before(period)))],
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

function changeOf(now: number, then: number): string {
  if (then === 0) return "";
  const percent = Math.round((100 * Math.abs(now - then)) / then);
  return percent === 0 ? "as many as before" : `${percent} % ${now < then ? "fewer" : "more"} than before`;
}

interface ExpiringProps {
  readonly c: Visit;
  readonly page: Page<ManagedKey>;
  /** The chosen one. */
  readonly environment: string | undefined;
  readonly now: number;
}

export function Expiring({ c, page, environment, now }: ExpiringProps) {
  const { gateway } = c.var.control;
  const chosen = new URLSearchParams({ ...(environment && { environment }), status: "active", sort: "expires_at" });
  const soon = page.items.filter(({ expiresAt }) => expiresAt - now < SOON_MS);
  if (soon.length === 0) return <p class="faint">No active key expires soon.</p>;
  return (
    <>
      <ul class="ranks">
        {soon.map(({ id, name, environment: of, expiresAt }) => (
          <li>
            <a href={`/keys/${id}`}>
              <span>
                {name} <EnvironmentBadge name={of} gateway={gateway} />
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
          <a href={`/keys?${chosen}`}>There are more than {plural(soon.length, "key")}</a>
        </p>
      )}
    </>
  );
}
