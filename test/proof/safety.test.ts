/** The promises of leases, in worlds in which everything can go wrong. `npm run proof` runs 20 times as many. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { longer, TIMES } from "./effort.ts";
import { nothingIsGivenAway, nothingIsWithheld } from "./laws.ts";
import { overAdmissions } from "./verdict.ts";
import type { World } from "./world.ts";

/** What a world must have had for the proof to be worth something. */
const TRAITS: Record<string, (world: World) => boolean> = {
  "a lost message": ({ fates }) => fates.some(({ fault }) => fault === "question lost" || fault === "answer lost"),
  "a crash": ({ fates }) => fates.some(({ fault }) => typeof fault === "object"),
  "a zombie": ({ fates }) => fates.some(({ fault }) => fault === "zombie"),
  "a repeated question": ({ fates }) => fates.some(({ repeatedAfter }) => repeatedAfter !== undefined),
  "an answer after the ttl": ({ fates }) => fates.some(({ up, down }) => up + down > 2_000),
  "an isolate that ends": ({ isolates }) => isolates.some(({ ends }) => ends.length > 0),
  "a clock that steps back": ({ isolates }) => isolates.some(({ clock }) => clock.steps.length > 0),
  "an authority whose clock steps back": ({ authorityClock }) => authorityClock.steps.some(({ by }) => by > 0),
  "an authority whose clock jumps ahead": ({ authorityClock }) => authorityClock.steps.some(({ by }) => by < 0),
  "two versions of the configuration": ({ versions }) => versions !== undefined,
  "a slow clock": ({ isolates }) => isolates.some(({ clock }) => clock.drift < -4),
  "a feed that is replaced": ({ feed }) => (feed?.replacements.length ?? 0) > 0,
  "a feed whose clock stands still": ({ feed }) => (feed?.clock.steps.length ?? 0) > 0,
  "a cut between isolates, feed and authority": ({ feed }) => (feed?.cuts.length ?? 0) > 0,
  "changed limits": ({ changes }) => changes.some(({ change }) => "limits" in change),
  "changed rights": ({ changes }) => changes.some(({ change }) => !("limits" in change)),
};

test("no interval, no period and no old record ever admits one request too many", {
  timeout: longer(90_000),
}, async () => {
  let worlds = 0;
  let atTheLimit = 0;
  let renewing = 0;
  let keeping = 0;
  const seen = new Map<string, number>();
  const property = nothingIsGivenAway((world, history) => {
    worlds += 1;
    if (history.renewals > 0) renewing += 1;
    if (history.keeps > 0) keeping += 1;
    if (overAdmissions(history, 1).length > 0) atTheLimit += 1;
    for (const [trait, has] of Object.entries(TRAITS)) if (has(world)) seen.set(trait, (seen.get(trait) ?? 0) + 1);
  });
  await fc.assert(property, { numRuns: 4_000 * TIMES });
  // Worlds that leave their limits far away, or in which nothing happens, would prove nothing.
  expect(atTheLimit / worlds).toBeGreaterThan(0.4);
  expect(renewing / worlds).toBeGreaterThan(0.05);
  expect(keeping / worlds).toBeGreaterThan(0.1);
  for (const trait of Object.keys(TRAITS)) expect((seen.get(trait) ?? 0) / worlds, trait).toBeGreaterThan(0.03);
});

test("where nothing goes wrong, nobody is refused a token that is there, and who waits as told is admitted", {
  timeout: longer(60_000),
}, async () => {
  await fc.assert(nothingIsWithheld, { numRuns: 500 * TIMES });
});
