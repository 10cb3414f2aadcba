/** What the schema of the configuration is built from. */

import * as z from "zod";
import { didYouMean } from "./problems.ts";

/** An object with only these fields. The message about any other field says how to fix it. */
export function fields<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? issue.keys.map((key) => didYouMean(key, known)).join("\n") : undefined,
  });
}

export function count(most: number, whenAbove = `write a whole number from 1 to ${grouped(most)}`) {
  return z
    .number()
    .min(1, { error: `is below 1; write a whole number from 1 to ${grouped(most)}`, abort: true })
    .max(most, { error: `is above ${grouped(most)}; ${whenAbove}`, abort: true })
    .int();
}

export function grouped(number: number): string {
  return number.toLocaleString("en");
}
