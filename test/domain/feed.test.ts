/** What an isolate can know by the feed: whatever it hears and loses, it never takes a record for right that is not. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ChangeRow, type FeedAnswer, FeedLog, subjectsOf } from "../../src/domain/feed.ts";
import { FeedChain } from "../../src/domain/feed-chain.ts";
import { aKey } from "./fixtures.ts";

const KEYS = ["a", "b", "c"];
const row = (number: number, subject = "", kind: ChangeRow["kind"] = "api_key"): ChangeRow => ({
  ...{ number, mark: `m${number}`, kind, environment: "production", subject },
});
const logOf = (rows: readonly ChangeRow[], told = 0) =>
  FeedLog.from({ rows, pending: [], told: { number: told, generation: 0 } });
const MEMBER = { id: "m", role: "owner", removed: false, workspaces: [] };
const recordOf = (id: string) => aKey({ id, environment: "production", member: MEMBER });
const nameOf = (key: string) => [`production/${key}`];

describe("A record is followed", () => {
  const begin = (changes: FeedAnswer["changes"] = [], generation = 0) =>
    new FeedChain({ position: { number: 10, mark: "m10" }, changes, generation, ageMs: 0 }, 0);

  test.each([
    ["that is as new as all that is known", 8, [], 0, true],
    ["that is as new as its newest change", 8, [{ subject: "production/a", number: 8 }], 0, true],
    ["but not one that is older than its change", 7, [{ subject: "production/a", number: 8 }], 0, false],
    ["but not one from beyond the position, which a restore may have lost", 11, [], 0, false],
    ["but not one from before a restore", 7, [], 8, false],
    ["though others have changed", 7, [{ subject: "production/b", number: 8 }], 0, true],
  ])("%s", (_, number, changes, generation, isFollowed) => {
    expect(begin(changes, generation).cover(recordOf("a"), number) !== undefined).toBe(isFollowed);
  });

  test("until its change is heard, and then no more", () => {
    const chain = begin();
    const cover = chain.cover(recordOf("a"), 9);
    const heard = (number: number, subject: string) =>
      chain.continue(
        {
          position: { number, mark: `m${number}` },
          after: number - 1,
          changes: [{ subject, number }],
          generation: 0,
          ageMs: 0,
        },
        number,
      );
    expect([heard(11, "production/b"), cover?.isFresh(20, 100, 0), cover?.rightAt]).toEqual([true, true, 11]);
    expect([heard(12, "member:m"), cover?.isFresh(20, 100, 0), cover?.rightAt]).toEqual([true, false, undefined]);
  });

  test("by its key, its member and its organization", () => {
    const key = aKey({ id: "k" });
    expect(subjectsOf(key)).toEqual([
      `${key.environment}/k`,
      `organization:${key.organization.id}`,
      `member:${key.member?.id}`,
    ]);
    expect(subjectsOf({ ...key, member: null })).toHaveLength(2);
  });
});

test("a list without its first rows, or without the row that the reconciler saw, is none", () => {
  expect(logOf([row(5), row(6)], 4)).toBeDefined();
  expect(logOf([row(5), row(6)], 3)).toBeUndefined();
  const from = (mark: string) =>
    FeedLog.from({
      rows: [row(5), row(6)],
      pending: [],
      told: { number: 5, generation: 0, seen: { number: 6, mark } },
    });
  expect([from("m6") !== undefined, from("another")]).toEqual([true, undefined]);
  expect(logOf([])).toBeUndefined();
});

test("whatever is deleted, lost or repeated, an isolate that follows on has heard of every change", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("change" as const), key: fc.constantFrom(...KEYS) }),
    fc.record({ kind: fc.constant("delete" as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.constant({ kind: "restore" as const }),
    fc.constant({ kind: "ask" as const }),
    fc.constant({ kind: "lost" as const }),
    fc.constant({ kind: "restart" as const }),
  );
  const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    let rows = [row(1, "", "restored")];
    let marks = 1;
    let truth = new Map<string, number>();
    let saved = { rows, truth };
    let log: FeedLog | undefined;
    let chain: FeedChain | undefined;
    const ask = () => {
      const last = log?.last.number ?? 0;
      if (!log?.append(rows.filter(({ number }) => number >= last)))
        log = logOf(rows, (rows[0] as ChangeRow).number - 1);
      return log?.answer(chain?.question ?? { after: undefined });
    };
    for (const each of steps) {
      if (each.kind === "change") {
        marks += 1;
        const number = (rows.at(-1) as ChangeRow).number + 1;
        rows = [...rows, { ...row(number, each.key), mark: `x${marks}` }];
        truth = new Map(truth).set(each.key, number);
      } else if (each.kind === "delete") {
        const count = Math.floor(each.share * rows.length);
        saved = { rows, truth };
        rows = rows.slice(Math.min(count, rows.length - 1));
      } else if (each.kind === "restore") ({ rows, truth } = saved);
      else if (each.kind === "restart") log = undefined;
      else if (each.kind === "lost") ask();
      else {
        const answer = ask();
        if (!answer) continue;
        if (!chain?.continue(answer, 0)) chain = answer.after === undefined ? new FeedChain(answer, 0) : undefined;
        // Whoever began before a change has heard of it; whoever began later has the change in the record.
        for (const key of KEYS) {
          const number = truth.get(key) ?? 0;
          const isInList = rows.some((known) => known.number === number && known.subject === key);
          if (isInList && chain) expect(chain.newestOf(nameOf(key))).toBeGreaterThanOrEqual(number);
        }
      }
    }
  });
  fc.assert(property, { numRuns: 500 });
});
