/** Parsers for options and arguments. A wrong value is a usage error. */

import { InvalidArgumentError } from "commander";
import { DAY_SECONDS, HOUR_SECONDS } from "../../domain/durations.ts";
import type { OwnLimits } from "../../domain/key.ts";
import { readDayOrTime } from "../../domain/time.ts";
import { isLocal } from "../gateway/network.ts";

export const DEFAULT_URL = "http://localhost:8787";

/** The control base URL in its normal form, without a slash at its end. */
export function controlUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new InvalidArgumentError("Give the control base URL, for example https://keys.example.com.");
  }
  if (url.protocol === "http:" && !isLocal(text)) {
    throw new InvalidArgumentError("Plain HTTP would show the token to the network; use https.");
  }
  return url.href.replace(/\/+$/, "");
}

export function names(text: string): string[] {
  const list = text.split(",").map((name) => name.trim());
  if (list.includes("")) throw new InvalidArgumentError("Give names with commas between them, for example a,b.");
  return list;
}

export function port(text: string): number {
  const number = wholeNumber(text);
  if (number < 1 || number > 65_535) throw new InvalidArgumentError("A port is a number from 1 to 65535.");
  return number;
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("Give a whole number.");
  return Number(text);
}

/** The API's form of a day or a time. */
export function time(text: string): string {
  const at = readDayOrTime(text);
  if (at === undefined) {
    throw new InvalidArgumentError("Give a day such as 2027-01-31, or a time such as 2027-01-31T18:00:00Z.");
  }
  return new Date(at).toISOString();
}

/** A parser for ids with this prefix. Anything else, such as a key's secret, is not sent anywhere. */
export function id(prefix: string): (text: string) => string {
  return (text) => {
    if (new RegExp(`^${prefix}_\\w+$`).test(text)) return text;
    throw new InvalidArgumentError(`Give an id, which begins with ${prefix}_.`);
  };
}

type Rate = OwnLimits["rates"][number];
type Quota = OwnLimits["quotas"][number];

/** `minute=60/60`: at most 60 in 60 seconds. `minute=60/60/90`: with a burst of 90. */
export function rates(text: string): Rate[] {
  return names(text).map((part) => {
    const form = /^([^=]+)=(\d{1,9})\/(\d{1,9})(?:\/(\d{1,9}))?$/.exec(part);
    if (!form) {
      throw new InvalidArgumentError("Give name=limit/seconds or name=limit/seconds/burst, for example minute=60/60.");
    }
    const burst = form[4] === undefined ? {} : { burst: Number(form[4]) };
    return { name: form[1] as string, limit: Number(form[2]), window: Number(form[3]), ...burst };
  });
}

/** `day=1000/day`: at most 1,000 in a calendar day. */
export function quotas(text: string): Quota[] {
  return names(text).map((part) => {
    const form = /^([^=]+)=(\d{1,10})\/(hour|day|month)$/.exec(part);
    if (!form) throw new InvalidArgumentError("Give name=limit/period, for example day=1000/day (or hour, or month).");
    return { name: form[1] as string, limit: Number(form[2]), per: form[3] as Quota["per"] };
  });
}

/** Seconds, from `90`, `90s`, `15m`, `24h` or `7d`. */
export function duration(text: string): number {
  const form = /^(\d{1,9})([smhd]?)$/.exec(text);
  if (!form) throw new InvalidArgumentError("Give seconds, or a duration such as 15m, 24h or 7d.");
  return (
    Number(form[1]) * { "": 1, s: 1, m: 60, h: HOUR_SECONDS, d: DAY_SECONDS }[form[2] as "" | "s" | "m" | "h" | "d"]
  );
}

/** `--description` and `--no-description`: the new text, `null` for none, `undefined` for unchanged. */
export function orNone<T>(value: T | false | undefined): T | null | undefined {
  return value === false ? null : value;
}
