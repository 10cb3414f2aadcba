import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newHistogram, record } from "../../src/domain/histogram.ts";
import { openMetrics, TIMES_LINES } from "../../src/domain/open-metrics.ts";

function timesOf(...all: number[]) {
  const times = newHistogram();
  for (const ms of all) record(times, ms);
  return times;
}

const linesOf = (text: string) => text.split("\n");

describe("metrics as OpenMetrics text", () => {
  test("have a type, a unit and a help for each name, its samples without a gap, and an end", () => {
    const counters = [
      {
        name: "a",
        help: "All.",
        samples: [
          [{ route: "/a" }, 3],
          [{}, 0],
        ],
      },
      { name: "b_bytes", unit: "bytes", help: "Bytes.", samples: [] },
    ] as const;
    expect(openMetrics(counters, [])).toBe(
      [
        ...["# TYPE a counter", "# HELP a All.", 'a_total{route="/a"} 3', "a_total 0"],
        ...["# TYPE b_bytes counter", "# UNIT b_bytes bytes", "# HELP b_bytes Bytes.", "# EOF", ""],
      ].join("\n"),
    );
  });

  test("of times are counts up to each bound, in seconds, with all of them in the last", () => {
    const samples = [[{ route: "/a" }, timesOf(0, 1, 3, 1_000, 500_000)]] as const;
    const lines = linesOf(openMetrics([], [{ name: "t_seconds", help: "Times.", samples }]));
    const bucket = (le: string, count: number) => `t_seconds_bucket{route="/a",le="${le}"} ${count}`;
    expect(lines.slice(0, 3)).toEqual([
      "# TYPE t_seconds histogram",
      "# UNIT t_seconds seconds",
      "# HELP t_seconds Times.",
    ]);
    for (const line of [
      ...[bucket("0.0", 1), bucket("0.001", 2), bucket("0.002", 2), bucket("0.004", 3), bucket("0.512", 3)],
      ...[bucket("1.024", 4), bucket("131.072", 4), bucket("+Inf", 5)],
      ...['t_seconds_count{route="/a"} 5', 't_seconds_sum{route="/a"} 501.004'],
    ]) {
      expect(lines).toContain(line);
    }
    expect(lines).toHaveLength(3 + TIMES_LINES + 2);
  });

  test("leave out labels that are empty, and escape what would end a label or a line", () => {
    const samples = [[{ a: 'x"y\\z\n', b: "" }, 1]] as const;
    expect(linesOf(openMetrics([{ name: "n", help: 'A "b"\n\\', samples }], []))).toEqual([
      "# TYPE n counter",
      '# HELP n A \\"b\\"\\n\\\\',
      'n_total{a="x\\"y\\\\z\\n"} 1',
      "# EOF",
      "",
    ]);
  });

  test("never fall from one bound to the next, whatever the times", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 400_000 })), (all) => {
        const text = openMetrics([], [{ name: "t_seconds", help: "", samples: [[{}, timesOf(...all)]] }]);
        const counts = [...text.matchAll(/_bucket\{le="([^"]*)"\} (\d+)/g)].map(([, le, count]) => [le, Number(count)]);
        expect(counts).toHaveLength(TIMES_LINES - 2);
        for (const [le, count] of counts) {
          const bound = le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le) * 1_000;
          expect(count).toBe(all.filter((ms) => ms <= bound).length);
        }
      }),
    );
  });
});
