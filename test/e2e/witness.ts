/** A client that keeps whatever it is told, but for the one thing that an answer is meant to show. */

import type { Gateway } from "../helpers/gateway.ts";
import { headerOf, type RawResponse, rawRequest, sendRaw } from "../helpers/raw.ts";
import { someAddress } from "../helpers/seed.ts";

export type HeaderLines = readonly (readonly [name: string, value: string])[];

export interface Asked {
  readonly headers?: HeaderLines;
  readonly body?: string | object;
  /** What the answer is meant to show: finds it in the answer, which is kept without it. */
  readonly shown?: (response: RawResponse) => string | undefined;
}

export interface Witness {
  readonly told: string[];
  /** Of the control plane. */
  control(method: string, target: string, asked?: Asked): Promise<RawResponse>;
  /** The same by the root token; what the answer shows, or else its body. */
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it
  root(method: string, target: string, asked?: Asked): Promise<any>;
  /** Of an environment; of what its origins answer, the headers alone are kept. */
  data(method: string, target: string, asked?: Asked): Promise<void>;
}

export function witnessOf({ port, rootToken }: Gateway): Witness {
  const told: string[] = [];
  const ask = (host: string, method: string, target: string, { headers = [], body = "" }: Asked) => {
    const lines: HeaderLines = [["Host", `${host}:${port}`], ["CF-Connecting-IP", someAddress()], ...headers];
    return sendRaw(port, rawRequest(method, target, lines, typeof body === "string" ? body : JSON.stringify(body)));
  };
  const textOf = ({ headers, body }: RawResponse) => [...headers.map((line) => line.join(": ")), "", body].join("\n");
  const witness: Witness = {
    told,
    async control(method, target, asked = {}) {
      const response = await ask("localhost", method, target, asked);
      if (!response) throw new Error(`no answer to ${method} ${target}`);
      const shown = asked.shown?.(response);
      if (asked.shown && !shown) throw new Error(`${method} ${target}: ${response.status} ${response.body}`);
      told.push(shown ? textOf(response).replace(shown, "") : textOf(response));
      return response;
    },
    async root(method, target, asked = {}) {
      const headers: HeaderLines = [["Authorization", `Bearer ${rootToken}`], ...(asked.headers ?? [])];
      const { status, body } = await witness.control(method, target, { ...asked, headers });
      return { status, ...(body.startsWith("{") && JSON.parse(body)) };
    },
    async data(method, target, asked = {}) {
      const response = await ask("127.0.0.1", method, target, asked);
      if (response) told.push(textOf(response.status === 200 ? { ...response, body: "" } : response));
    },
  };
  return witness;
}

/** The value of a field of a JSON answer. */
export function field(name: string): (response: RawResponse) => string | undefined {
  return ({ body }) => (body.startsWith("{") ? JSON.parse(body)[name] : undefined);
}

/** The token of the session that begins. */
export function sessionIn(response: RawResponse): string | undefined {
  return /=(kg[so]_[\w-]+);/.exec(headerOf(response, "set-cookie") ?? "")?.[1];
}
