/** The part of autocannon that the bench uses; the package has no types. */
declare module "autocannon" {
  import type { EventEmitter } from "node:events";

  interface Request {
    method?: string;
    path?: string;
    headers?: Record<string, string>;
    setupRequest?: (request: Request) => Request;
  }

  interface Options {
    url: string;
    connections: number;
    /** Seconds. */
    duration: number;
    /** Requests; in place of `duration`. */
    amount?: number;
    /** Milliseconds between looks at whether the time is over. */
    sampleInt: number;
    requests: Request[];
  }

  interface Result {
    errors: number;
    requests: { sent: number };
    statusCodeStats: Record<string, { count: number }>;
  }

  interface Running extends EventEmitter, PromiseLike<Result> {}

  export default function autocannon(options: Options): Running;
}
