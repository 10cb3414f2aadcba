/** Says on the console when a report of this isolate is sent to a collector, and when it is stored. */

import { type Binding, wrap } from "./wrap.ts";

/** How such a line begins; JSON of a `ToldReport` follows. */
export const TOLD = "report ";

export interface ToldReport {
  /** The isolate's port. */
  readonly port: number;
  /** A new one after each start. */
  readonly sender: string;
  readonly number: number;
  readonly at: number;
  readonly isStored: boolean;
}

interface Sent {
  readonly sender: string;
  readonly number: number;
}

export function telling<Env extends object>(env: Env, port: number): Env {
  const { COURIER } = env as Record<string, Binding>;
  const couriers = wrap(COURIER, (name, call) =>
    name === "get" ? (...given) => wrap(call(...given) as Binding, tellingReports(port)) : call,
  );
  return { ...env, COURIER: couriers };
}

function tellingReports(port: number): Parameters<typeof wrap>[1] {
  return (name, call) => {
    if (name !== "report") return call;
    return async (...given) => {
      const { sender, number } = given[1] as Sent;
      const tell = (isStored: boolean) =>
        console.log(TOLD + JSON.stringify({ port, sender, number, at: Date.now(), isStored } satisfies ToldReport));
      tell(false);
      const answer = await call(...given);
      tell(true);
      return answer;
    };
  };
}
