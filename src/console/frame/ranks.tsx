/** What there was most of, as bars that lead to more of it. */

import type { UsageSum } from "../../domain/usage-sums.ts";
import { type Code, ERRORS } from "../../errors.ts";
import { ranking } from "./chart.tsx";
import { number } from "./words.ts";

/** Rows of a ranking. */
export const TOP = 8;

interface BarsProps {
  readonly rows: readonly { readonly name: string; readonly requests: number }[];
  readonly show: (name: string) => unknown;
  readonly path: (name: string) => string;
}

export function Bars({ rows, show, path }: BarsProps) {
  const most = rows[0]?.requests ?? 0;
  if (most === 0) return <p class="faint">None in this time.</p>;
  return (
    <ol class="ranks">
      {rows.slice(0, TOP).map(({ name, requests }) => (
        <li>
          <a href={path(name)}>
            <span>{show(name) as string}</span>
            <span class="number">
              {number(requests)}
              <span class="unseen"> requests</span>
            </span>
            <svg aria-hidden="true" class="rank" preserveAspectRatio="none" viewBox="0 0 100 1">
              <rect width={((100 * requests) / most).toFixed(1)} height="1" />
            </svg>
          </a>
        </li>
      ))}
    </ol>
  );
}

interface ReasonsProps {
  readonly sums: readonly UsageSum[];
  readonly path: (reason: string) => string;
}

/** Refusals by reason. */
export function Reasons({ sums, path }: ReasonsProps) {
  const refused = sums.filter(({ group }) => group.outcome !== "forwarded");
  return (
    <Bars
      rows={ranking(refused, "outcome")}
      show={(code) => (
        <>
          <code>{code}</code> {Object.hasOwn(ERRORS, code) && <span class="faint">{ERRORS[code as Code].title}</span>}
        </>
      )}
      path={path}
    />
  );
}
