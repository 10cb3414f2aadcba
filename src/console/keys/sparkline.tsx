/** Requests of a week in the height of a line: one bar a day, scaled to the busiest day. */

import { number } from "../frame/words.ts";

const BAR = { width: 4, step: 5 };
const HEIGHT = 16;

export function Sparkline({ days }: { days: readonly number[] }) {
  const most = Math.max(...days, 1);
  const bars = days.map((requests, at) => {
    const height = requests === 0 ? 1 : Math.max(2, Math.round((requests / most) * HEIGHT));
    return `M${at * BAR.step} ${HEIGHT}v-${height}h${BAR.width}v${height}z`;
  });
  return (
    <svg class="spark" viewBox={`0 0 ${days.length * BAR.step - 1} ${HEIGHT}`} aria-hidden="true">
      <path d={bars.join("")} />
    </svg>
  );
}

/** "9,999", "12.3k", "4.5m" */
export function shortNumber(value: number): string {
  if (value < 10_000) return number(value);
  const [size, unit] = value < 999_950 ? [1_000, "k"] : [1_000_000, "m"];
  return `${(value / (size as number)).toFixed(1).replace(".0", "")}${unit}`;
}
