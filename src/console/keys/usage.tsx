/** The use of a key, and what is left of its limits. */

import type { Advice } from "../../control/keys/advise.ts";
import type { LimitState } from "../../domain/limit-state.ts";
import type { Refusal } from "../../errors.ts";
import type { UsageSum } from "../../store/usage-list.ts";
import { barsOf, Chart } from "../frame/chart.tsx";
import { Day, Moment, Part, Table } from "../frame/parts.tsx";
import { listOf, number, secondsOf } from "../frame/words.ts";

const MAX_REFUSALS = 8;

interface UsageProps {
  readonly sums: readonly UsageSum[];
  readonly refusals: readonly UsageSum[] | Refusal;
  readonly from: number;
  readonly to: number;
}

export function KeyUsage({ sums, refusals, from, to }: UsageProps) {
  return (
    <>
      <Chart bars={barsOf(sums, "day", from, to)} by="day" label="Requests with this key, by day" />
      <h3>Last refusals</h3>
      <Part of={refusals}>{(found) => <LastRefusals sums={found} />}</Part>
    </>
  );
}

function LastRefusals({ sums }: { sums: readonly UsageSum[] }) {
  const last = sums
    .filter(({ group }) => group.outcome !== "forwarded")
    .sort((a, b) => Number(b.group.hour) - Number(a.group.hour))
    .slice(0, MAX_REFUSALS);
  if (last.length === 0) return <p class="faint">None within 7 days.</p>;
  return (
    <Table
      caption="Last refusals"
      rows={last}
      columns={[
        { label: "Hour", cell: ({ group }) => <Moment at={Number(group.hour)} /> },
        { label: "Reason", cell: ({ group }) => <ErrorCode code={String(group.outcome)} /> },
        { label: "Route", cell: ({ group }) => (group.route ? <code>{group.route}</code> : "none") },
        { label: "Requests", cell: ({ requests }) => number(requests) },
      ]}
    />
  );
}

export function ErrorCode({ code }: { code: string }) {
  return (
    <a href={`/errors/${code}`}>
      <code>{code}</code>
    </a>
  );
}

export function Limits({ states }: { states: readonly LimitState[] }) {
  if (states.length === 0) return <p class="faint">It has no limits.</p>;
  return (
    <>
      {states.map((state) => {
        const most = state.kind === "rate" ? state.burst : state.limit;
        const left = Math.min(most, state.remaining + state.lent);
        const id = `${state.kind}-${state.name}`;
        return (
          <div class="field">
            <label for={id}>
              {state.name}: {left === most ? "all" : number(left)} of {number(most)} left
            </label>
            <meter id={id} min={0} max={most} low={most * 0.15} optimum={most} value={left} />
            <p class="hint">
              {number(state.limit)} per{" "}
              {state.kind === "rate" ? secondsOf(state.window).replace(/^1 /, "") : `${state.per} (UTC)`}
              {state.resetMs > 0 && `; resets in ${secondsOf(Math.ceil(state.resetMs / 1000))}`}
            </p>
          </div>
        );
      })}
    </>
  );
}

export function UnusedScopes({ advice, days }: { advice: Advice; days: number }) {
  const used = advice.scopes.filter(({ lastUsedAt }) => lastUsedAt !== null);
  return (
    <>
      {advice.tooYoung ? (
        <p class="faint">The key is less than {days} days old, too new to say.</p>
      ) : advice.unused.length === 0 ? (
        <p>It used all its scopes within {days} days.</p>
      ) : (
        <p>
          Granted, but not used within {days} days: {listOf(advice.unused)}.
        </p>
      )}
      {used.length > 0 && (
        <details>
          <summary>Last use of each scope</summary>
          <ul>
            {used.map(({ scope, lastUsedAt }) => (
              <li>
                <code>{scope}</code>, <Day at={lastUsedAt ?? 0} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
