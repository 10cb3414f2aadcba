/** How long the database keeps old records. */

import * as z from "zod";
import { count, fields, grouped } from "./fields.ts";

/** A restore of D1 can go back 30 days. */
export const MIN_DAYS = 35;
const MAX_DAYS = 36_500;
const days = () =>
  z
    .number()
    .min(MIN_DAYS, {
      error: `is below ${MIN_DAYS}; use at least ${MIN_DAYS} days, because a restore of D1 can go back 30`,
      abort: true,
    })
    .max(MAX_DAYS, {
      error: `is above ${grouped(MAX_DAYS)}; write ${MIN_DAYS} to ${grouped(MAX_DAYS)} days`,
      abort: true,
    })
    .int();
export const retention = fields({
  usageDays: days().default(90),
  auditDays: days().default(400),
  deadKeyDays: days().default(90),
  databaseMegabytes: count(1_000_000).default(10_000),
});
