/** Forms of values that several records have. */

import * as z from "zod";
import { readTime } from "../domain/time.ts";

/** As the API shows it. */
export const id = z.string();
export const time = z.iso.datetime();

/** As the API takes it. */
export const givenId = z.string().min(1).max(64);
export const givenTime = z
  .string()
  .refine((text) => readTime(text) !== undefined, "is not a time such as 2027-01-31T00:00:00Z")
  .meta({ format: "date-time" });
export const givenName = z
  .string()
  .trim()
  .min(1, "must not be empty")
  .max(200)
  .regex(/^\P{Cc}*$/u, "must not contain control characters");
export const plan = z.string().nullable();

export const MAX_LIST = 500;
/** As records show them: each once, in order. */
export const unique = (list: readonly string[]) => [...new Set(list)].sort();
export const givenWorkspaces = z.array(givenId).max(MAX_LIST).transform(unique);
