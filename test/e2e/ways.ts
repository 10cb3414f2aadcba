/** The two ways to an origin: what a client does on one must come out as on the other. */

import { expect } from "vitest";

export type Way = "without" | "through";

/** What a client gets, both ways; they must be equal. */
export async function both<T>(work: (way: Way) => Promise<T>): Promise<T> {
  const without = await work("without");
  expect(await work("through")).toEqual(without);
  return without;
}
