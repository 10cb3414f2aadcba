/** The two ways to an origin: what a client does on one must come out as on the other. */

import { expect } from "vitest";
import type { Origin } from "../helpers/origin.ts";
import { devServer } from "./shared.ts";

export type Way = "without" | "through";

/** What a client gets, both ways; they must be equal. */
export async function both<T>(work: (way: Way) => Promise<T>): Promise<T> {
  const without = await work("without");
  expect(await work("through")).toEqual(without);
  return without;
}

/** `origins`: of the file whose test it is. */
export function baseOf(origins: Record<"sandbox", Origin>): (way: Way) => string {
  return (way) =>
    way === "through" ? `${devServer.base("sandbox")}/signatures` : `${origins.sandbox.url}/base/signatures`;
}
