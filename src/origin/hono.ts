/** `keygate-origin/hono` */

import type { MiddlewareHandler } from "hono";
import { AssertionError } from "./error.ts";
import type { Principal } from "./principal.ts";
import { type VerifyOptions, verifyAssertion } from "./verify.ts";

/** Middleware for Hono: sets `c.var.principal`, or answers 401 or 503 with the code. */
export function honoAssertion(options: VerifyOptions): MiddlewareHandler<{ Variables: { principal: Principal } }> {
  return async (c, next) => {
    try {
      c.set("principal", await verifyAssertion(c.req.raw, options));
    } catch (error) {
      if (!(error instanceof AssertionError)) throw error;
      return error.getResponse();
    }
    await next();
  };
}
