/**
 * The one parser of dates and times: for the API, the console, the command line and imports.
 * https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */

import { HOUR_MS, MINUTE_MS } from "./durations.ts";

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:z|([+-])(\d{2}):(\d{2}))$/i;

/** The milliseconds of `2027-01-31T18:00:00Z`; `undefined` if the text is not a time that exists. */
export function readTime(text: string): number | undefined {
  const day = readDay(text.slice(0, 10));
  const time = TIME.exec(text.slice(11));
  if (day === undefined || !time || !/^t$/i.test(text.charAt(10))) return undefined;
  const [hour, minute, second] = [Number(time[1]), Number(time[2]), Number(time[3])];
  const [offsetHour, offsetMinute] = [Number(time[6] ?? 0), Number(time[7] ?? 0)];
  // JavaScript has no number for a leap second.
  if (hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) return undefined;
  const fraction = Number((time[4] ?? "").slice(0, 3).padEnd(3, "0"));
  const offset = (time[5] === "-" ? -1 : 1) * (offsetHour * HOUR_MS + offsetMinute * MINUTE_MS);
  return writable(day + hour * HOUR_MS + minute * MINUTE_MS + second * 1000 + fraction - offset);
}

/** The start in UTC of a day such as `2027-01-31`; `undefined` if the text is not a day that exists. */
export function readDay(text: string): number | undefined {
  const date = DATE.exec(text);
  if (!date) return undefined;
  const [year, month, day] = [Number(date[1]), Number(date[2]), Number(date[3])];
  // `Date.UTC` takes the years 0 to 99 for 1900 to 1999.
  const start = new Date(0).setUTCFullYear(year, month - 1, day);
  // February 30 becomes March 1 or 2.
  return new Date(start).toISOString().startsWith(text) ? start : undefined;
}

/** A day counts as its start in UTC. */
export function readDayOrTime(text: string): number | undefined {
  return readDay(text) ?? readTime(text);
}

/** A text that was checked before. */
export function timeOf(text: string): number {
  const time = readTime(text);
  if (time === undefined) throw new Error("This text is not a time. It had to be checked before.");
  return time;
}

/** RFC 3339 has years of four digits. */
function writable(time: number): number | undefined {
  return /^\d{4}-/.test(new Date(time).toISOString()) ? time : undefined;
}
