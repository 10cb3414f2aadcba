/** Run by Node on a copy of the product: exits with 1 at the first world that breaks a promise, and says which. */

import fc from "fast-check";
import { nothingIsGivenAway, nothingIsWithheld } from "./laws.ts";

const SEED = 20_261;

for (const [property, numRuns] of [
  // Most faults show in few worlds.
  [nothingIsGivenAway(), 300],
  [nothingIsWithheld, 400],
  [nothingIsGivenAway(), 2_500],
] as const) {
  const {
    failed,
    errorInstance,
    numRuns: worlds,
  } = await fc.check<[unknown]>(property as fc.IAsyncProperty<[unknown]>, {
    numRuns,
    seed: SEED,
    endOnFailure: true,
  });
  if (!failed) continue;
  console.log(errorInstance instanceof Error ? `after ${worlds} worlds: ${errorInstance.message}` : "failed");
  process.exit(1);
}
