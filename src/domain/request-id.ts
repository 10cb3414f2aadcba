/**
 * The id of a request: `req_`, the minute in which it came in 7 hexadecimal digits, and 25 digits of a random UUID. The minute says
 * in which hour to look, and nobody can guess the rest.
 */

import { HOUR_MS, MINUTE_MS } from "./durations.ts";

const MINUTE_DIGITS = 7;
const FORM = /^req_[0-9a-f]{32}$/;

/** `uuid`: a random one. */
export function requestId(now: number, uuid: string): string {
  return `req_${digitsOf(Math.floor(now / MINUTE_MS))}${uuid.replaceAll("-", "").slice(MINUTE_DIGITS)}`;
}

/** The beginning of the UTC hour in which the request came; `undefined` for what is not the id of a request. */
export function hourOfRequest(id: string): number | undefined {
  if (!FORM.test(id)) return undefined;
  const at = Number.parseInt(id.slice(4, 4 + MINUTE_DIGITS), 16) * MINUTE_MS;
  return at - (at % HOUR_MS);
}

/** Of two ids with different random parts, the same one is always the lower. */
export function randomPartOf(id: string): string {
  return id.slice(4 + MINUTE_DIGITS);
}

let latest = { minute: -1, digits: "" };

function digitsOf(minute: number): string {
  if (minute !== latest.minute) latest = { minute, digits: minute.toString(16).padStart(MINUTE_DIGITS, "0") };
  return latest.digits;
}
