/** The proof as properties, for tests and for the runs on faulty copies of the product. */

import fc from "fast-check";
import { type History, simulate } from "./simulator.ts";
import { falseRefusals, verdict } from "./verdict.ts";
import type { World } from "./world.ts";
import { anyWorld, calmWorld, turnWorld } from "./worlds.ts";

/** Whatever goes wrong, nothing is given away. `see` is told of every world that was run. */
export const nothingIsGivenAway = (see: (world: World, history: History) => void = () => {}) =>
  fc.asyncProperty(anyWorld, async (world) => {
    const history = await simulate(world);
    see(world, history);
    complain(verdict(history));
  });

/** Where nothing goes wrong, nothing is withheld. */
export const nothingIsWithheld = fc.asyncProperty(fc.oneof(calmWorld, turnWorld), async (world) => {
  const history = await simulate(world);
  const travelMs = world.fates.reduce((longest, { up, down }) => Math.max(longest, up + down), 0);
  complain([...verdict(history), ...falseRefusals(history, travelMs)]);
});

function complain(violations: string[]): void {
  if (violations.length > 0) throw new Error(violations.slice(0, 3).join("; "));
}
