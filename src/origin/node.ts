/** `keygate-origin/node` */

import { ASSERTION_HEADER } from "./claims.ts";
import { AssertionError } from "./error.ts";
import type { Principal } from "./principal.ts";
import { type VerifyOptions, verifyArrived } from "./verify.ts";

declare module "http" {
  interface IncomingMessage {
    /** Set by `nodeAssertion`. */
    principal?: Principal;
  }
}

/** What is used of node:http's `IncomingMessage`, and of what Express and Connect add to it. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** Set by Express and Connect, which take a router's prefix off `url`. */
  readonly originalUrl?: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  principal?: Principal;
}

export interface NodeResponse {
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(body: string): unknown;
}

/** Middleware for Express, Connect and plain node:http: sets `request.principal` and calls `next`, or answers 401 or 503 with the code. */
export function nodeAssertion(options: VerifyOptions) {
  return async (request: NodeRequest, response: NodeResponse, next: (error?: unknown) => unknown): Promise<void> => {
    try {
      request.principal = await verifyNodeRequest(request, options);
    } catch (error) {
      if (!(error instanceof AssertionError)) return void next(error);
      response.writeHead(error.status, { ...error.headers, "Content-Type": "application/json" });
      response.end(JSON.stringify({ code: error.code, error: error.message }));
      return;
    }
    next();
  };
}

/** Throws an `AssertionError`. */
export function verifyNodeRequest(request: NodeRequest, options: VerifyOptions): Promise<Principal> {
  const { method = "", url = "", originalUrl = url, headers } = request;
  const assertion = headers[ASSERTION_HEADER.toLowerCase()];
  return verifyArrived({ method, target: originalUrl, assertion: assertion?.toString() }, options);
}
