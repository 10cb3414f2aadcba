/** Requests over time, as bars drawn on the server. With script, `assets/chart.js` draws them again, for closer looks. */

import type { UsageGroup, UsageSum } from "../../domain/usage-sums.ts";
import { CHART_SCRIPTS, CHART_STYLE } from "./assets.ts";
import { Table } from "./parts.tsx";
import { before, isRunning, nameIn, type Period, startsOf } from "./period.ts";
import { number, plural } from "./words.ts";

const KINDS = ["forwarded", "limited", "refused"] as const;
type Kind = (typeof KINDS)[number];
const NAMES: Record<Kind, string> = {
  forwarded: "forwarded",
  limited: "over a limit (429)",
  refused: "refused for other reasons",
};

export function kindOf(outcome: unknown): Kind {
  if (outcome === "forwarded") return "forwarded";
  return outcome === "rate_exceeded" || outcome === "quota_exceeded" ? "limited" : "refused";
}

export interface Bar extends Record<Kind, number> {
  readonly at: number;
}

/** One bar for each hour or day, also without requests. */
export function barsOf(sums: readonly Pick<UsageSum, "group" | "requests">[], period: Period): Bar[] {
  const bars = new Map(startsOf(period).map((at): [number, Bar] => [at, { at, forwarded: 0, limited: 0, refused: 0 }]));
  for (const { group, requests } of sums) {
    const bar = bars.get(Number(group[period.by]));
    const kind = kindOf(group.outcome);
    if (bar) bars.set(bar.at, { ...bar, [kind]: bar[kind] + requests });
  }
  return [...bars.values()];
}

/** Sums by one group, largest first. */
export function ranking(sums: readonly UsageSum[], group: UsageGroup): { name: string; requests: number }[] {
  const totals = new Map<string, number>();
  for (const sum of sums) {
    const name = String(sum.group[group]);
    totals.set(name, (totals.get(name) ?? 0) + sum.requests);
  }
  return [...totals].map(([name, requests]) => ({ name, requests })).sort((a, b) => b.requests - a.requests);
}

const WIDTH = 720;
const HEIGHT = 180;

interface ChartProps {
  readonly sums: readonly UsageSum[];
  readonly period: Period;
  readonly label: string;
  /** Of the period before. */
  readonly previous?: readonly UsageSum[];
}

const totalOf = ({ forwarded, limited, refused }: Bar) => forwarded + limited + refused;

export function Chart({ sums, period, label, previous = [] }: ChartProps) {
  const bars = barsOf(sums, period);
  const used = bars.filter((bar) => totalOf(bar) > 0);
  if (used.length === 0) {
    return (
      <p class="faint">
        No requests in this time. <a href="/guide">See how to call the API</a>
      </p>
    );
  }
  const earlier = barsOf(previous, before(period)).map(totalOf);
  const hasEarlier = earlier.some((count) => count > 0);
  const most = Math.max(...bars.map(totalOf), ...earlier);
  const step = WIDTH / bars.length;
  const nameOf = ({ at }: Bar) => nameIn(period, at);
  const edges = [bars[0], bars.at(-1)] as [Bar, Bar];
  return (
    <figure data-plot={JSON.stringify(plotOf(bars, period, hasEarlier ? earlier : undefined))}>
      <link rel="stylesheet" href={CHART_STYLE} />
      {CHART_SCRIPTS.map((path) => (
        <script src={path} defer></script>
      ))}
      <p class="hint most">
        Up to {plural(most, "request")} in one {period.by}.
      </p>
      <svg
        class="chart bars"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
      >
        {bars.map((bar, at) => (
          <Stack
            bar={bar}
            name={nameOf(bar)}
            isRunning={isRunning(period, bar.at)}
            x={at * step}
            width={Math.max(1, step - 2)}
            scale={HEIGHT / most}
          />
        ))}
        {hasEarlier && (
          <polyline
            class="previous"
            points={earlier.map((count, at) => `${(at + 0.5) * step},${HEIGHT * (1 - count / most)}`).join(" ")}
          />
        )}
      </svg>
      <div class="ends hint">
        <span>{nameOf(edges[0])}</span>
        <span>{nameOf(edges[1])}</span>
      </div>
      <ul class="legend">
        {KINDS.map((kind) => (
          <li>
            <svg class="chart" viewBox="0 0 10 10" aria-hidden="true">
              <rect class={kind} width="10" height="10" />
            </svg>
            {NAMES[kind]}
          </li>
        ))}
        {hasEarlier && (
          <li>
            <svg class="chart" viewBox="0 0 10 10" aria-hidden="true">
              <line class="previous" x1="0" y1="5" x2="10" y2="5" />
            </svg>
            the period before
          </li>
        )}
      </ul>
      <details class="more">
        <summary>Show numbers</summary>
        <Table
          caption={label}
          rows={used}
          columns={[
            { label: "Time", cell: nameOf },
            ...KINDS.map((kind) => ({ label: NAMES[kind], isNumber: true, cell: (bar: Bar) => number(bar[kind]) })),
          ]}
        />
      </details>
    </figure>
  );
}

/** What the script draws. */
function plotOf(bars: readonly Bar[], period: Period, previous: readonly number[] | undefined) {
  return {
    unit: period.by,
    at: bars.map(({ at }) => at),
    names: bars.map(({ at }) => nameIn(period, at)),
    kinds: KINDS.map((kind) => ({ kind, name: NAMES[kind], counts: bars.map((bar) => bar[kind]) })),
    previous,
    running: bars.findIndex(({ at }) => isRunning(period, at)),
  };
}

interface StackProps {
  readonly bar: Bar;
  readonly name: string;
  readonly isRunning: boolean;
  readonly x: number;
  readonly width: number;
  readonly scale: number;
}

function Stack({ bar, name, isRunning: runs, x, width, scale }: StackProps) {
  let top = HEIGHT;
  return (
    <g class={runs ? "running" : undefined}>
      <title>{`${name}: ${KINDS.map((kind) => `${number(bar[kind])} ${NAMES[kind]}`).join(", ")}`}</title>
      {KINDS.filter((kind) => bar[kind] > 0).map((kind) => {
        const height = Math.max(1, bar[kind] * scale);
        top -= height;
        return (
          <rect class={kind} x={x.toFixed(1)} y={top.toFixed(1)} width={width.toFixed(1)} height={height.toFixed(1)} />
        );
      })}
    </g>
  );
}
