/** The use of a key, and what is left of its limits. */

import type { Advice } from "../../control/keys/advise.ts";
import type { LimitsNow } from "../../control/keys/limits.ts";
import type { AppliedLimit } from "../../domain/applied-limits.ts";
import type { LimitState } from "../../domain/limit-state.ts";
import type { UsageSum } from "../../domain/usage-sums.ts";
import { isRefusal, type Refusal } from "../../errors.ts";
import { Chart } from "../frame/chart.tsx";
import { Day, Table } from "../frame/parts.tsx";
import type { Period } from "../frame/period.ts";
import { Reasons } from "../frame/ranks.tsx";
import { limitWords, listOf, number, secondsOf } from "../frame/words.ts";

interface UsageProps {
  readonly keyId: string;
  readonly sums: readonly UsageSum[];
  /** Of the period before. */
  readonly previous: readonly UsageSum[] | Refusal;
  readonly period: Period;
}

export function KeyUsage({ keyId, sums, previous, period }: UsageProps) {
  return (
    <>
      <Chart
        sums={sums}
        previous={isRefusal(previous) ? [] : previous}
        period={period}
        label="Requests with this key, by day"
      />
      <h3>Refusals by reason</h3>
      <Reasons sums={sums} path={(reason) => `/keys/${keyId}/requests?${new URLSearchParams({ reason })}`} />
    </>
  );
}

export function ErrorCode({ code }: { code: string }) {
  return (
    <a href={`/errors/${code}`}>
      <code>{code}</code>
    </a>
  );
}

interface LimitsProps {
  readonly limits: LimitsNow;
  readonly isOwnPlan: boolean;
}

export function Limits({ limits: { states, applied, plan, unknownPlan }, isOwnPlan }: LimitsProps) {
  if (unknownPlan !== undefined) {
    return <p>Its plan {unknownPlan} is not configured here, so every request is refused.</p>;
  }
  if (applied.length === 0) return <p class="faint">It has no limits.</p>;
  const planName = `the plan ${plan}, ${isOwnPlan ? "its own" : "its organization's"}`;
  const sourceOf = ({ source }: Pick<AppliedLimit, "source">) => (source === "plan" ? planName : "the key");
  return (
    <>
      {states.map((state) => (
        <Left state={state} />
      ))}
      <h3>Where they come from</h3>
      <Table
        caption="Every limit of the key"
        rows={applied}
        columns={[
          {
            label: "Limit",
            cell: ({ limit }) => (
              <>
                {limit.name} <span class="quietly">{limitWords(limit)}</span>
              </>
            ),
          },
          { label: "From", cell: sourceOf },
          {
            label: "Takes effect",
            cell: ({ boundBy }) =>
              boundBy ? `no: ${boundBy.limit.name} of ${sourceOf(boundBy)} is reached first` : <strong>yes</strong>,
          },
        ]}
      />
    </>
  );
}

function Left({ state }: { state: LimitState }) {
  const { kind, name, remaining, lent, resetMs } = state;
  const most = kind === "rate" ? state.burst : state.limit;
  const left = Math.min(most, remaining + lent);
  const id = `${kind}-${name}${kind === "quota" ? `-${state.per}` : ""}`;
  return (
    <div class="field">
      <label for={id}>
        {name}: {left === most ? "all" : number(left)} of {number(most)} left
      </label>
      <meter id={id} min={0} max={most} low={most * 0.15} optimum={most} value={left} />
      <p class="hint">
        {limitWords(state)}
        {resetMs > 0 && `; resets in ${secondsOf(Math.ceil(resetMs / 1000))}`}
      </p>
    </div>
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
