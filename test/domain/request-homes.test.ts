import { expect, test } from "vitest";
import { type Homes, homesOf, shardAt, shardOf } from "../../src/domain/request-homes.ts";

const place = (environment: string, n = 1) => ({ organizationId: `org_${n}`, environment });
const homes: Homes = {
  collectors: 3,
  jurisdiction: "eu",
  environments: {
    production: { jurisdiction: "us" },
    sandbox: { jurisdiction: "eu" },
    test: { jurisdiction: undefined },
  },
};

test("Requests are kept in the jurisdiction of their environment, those of no known organization with all other objects", () => {
  expect(homesOf(homes)).toEqual(["eu", "us", undefined]);
  for (let n = 0; n < 20; n++) {
    const homeOf = (environment: string) => shardAt(shardOf(place(environment, n), homes), homes).home;
    expect(["production", "sandbox", "test"].map(homeOf)).toEqual(["us", "eu", undefined]);
  }
  expect(shardAt(shardOf(null, homes), homes).home).toBe("eu");
});

test("An organization has the same number everywhere, and many use all numbers", () => {
  const numbersOf = (n: number) =>
    ["production", "sandbox", "test"].map(
      (environment) => shardAt(shardOf(place(environment, n), homes), homes).number,
    );
  const all = Array.from({ length: 50 }, (_, n) => numbersOf(n));
  for (const numbers of all) expect(new Set(numbers).size).toBe(1);
  expect(new Set(all.flat())).toEqual(new Set([0, 1, 2]));
});

test("Without jurisdictions there are as many collectors as the configuration says", () => {
  const none: Homes = {
    collectors: 2,
    jurisdiction: undefined,
    environments: { production: { jurisdiction: undefined } },
  };
  expect(homesOf(none)).toEqual([undefined]);
  expect(new Set(Array.from({ length: 50 }, (_, n) => shardOf(place("production", n), none)))).toEqual(new Set([0, 1]));
});
