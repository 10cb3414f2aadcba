import type { MiddlewareHandler } from "hono";
import { hintOf, prefixOfSecret } from "../../domain/secret.ts";
import type { ConsoleEnv } from "./visit.ts";

/** Shows only the hint of a secret, without what was pasted around it, such as `Bearer`. */
export function withoutSecret(text: string): string {
  const secret = text.match(/\w+/g)?.find(prefixOfSecret);
  return secret ? hintOf(secret) : text;
}

/** A secret that was pasted into a search does not stay in the address: browsers keep those, and pages link to them. */
export const dropPastedSecret: MiddlewareHandler<ConsoleEnv> = async (c, next) => {
  const { pathname, searchParams } = new URL(c.req.url);
  const given = [...searchParams];
  const kept = given.map(([name, value]) => [name, withoutSecret(value)]);
  const isSame = kept.every(([, value], i) => value === given[i]?.[1]);
  return isSame ? next() : c.redirect(`${pathname}?${new URLSearchParams(kept)}`, 303);
};
