/** The management API over HTTP. */

import { setTimeout as wait } from "node:timers/promises";
import { MINUTE_MS } from "../../domain/durations.ts";
import { failureOf, retryAfterMs, unexpected } from "./answers.ts";
import { exchange } from "./network.ts";

/** For calls that are refused because there were too many. */
const MAX_ATTEMPTS = 5;
const MAX_WAIT_MS = MINUTE_MS;

/** A gateway's control plane and the token for it. */
export interface Connection {
  /** The control base URL, without a slash at its end. */
  readonly url: string;
  readonly token: string;
}

/** Sent with every call. */
export interface CallOptions {
  /** The root token acts as this member. */
  readonly actAs?: string | undefined;
  /** The version that the change is based on. */
  readonly ifMatch?: string | undefined;
}

export interface Page<T> {
  readonly data: T[];
  readonly next_cursor: string | null;
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  /** The record's, for `--if-match`. */
  readonly version?: string | undefined;
  /** Of a change that has not reached every data center yet. */
  readonly changeId?: string | undefined;
}

type Query = Record<string, string | undefined>;

export class Api {
  readonly url: string;
  readonly #headers: Record<string, string>;

  constructor({ url, token }: Connection, { actAs, ifMatch }: CallOptions = {}) {
    this.url = url;
    this.#headers = {
      Authorization: `Bearer ${token}`,
      ...(actAs !== undefined && { "Keygate-Act-As": actAs }),
      ...ifMatchOf(ifMatch),
    };
  }

  get<T>(path: string, query: Query = {}): Promise<Answer<T>> {
    return this.#call("GET", `${path}${queryText(query)}`);
  }

  /** Leaves out undefined fields of the body. */
  post<T>(path: string, body: object): Promise<Answer<T>> {
    return this.#call("POST", path, JSON.stringify(body));
  }

  /** `version`: the one that the change is based on, if no other was given for all calls. */
  patch<T>(path: string, body: object, version?: string): Promise<Answer<T>> {
    return this.#call("PATCH", path, JSON.stringify(body), ifMatchOf(version));
  }

  delete<T>(path: string, query: Query = {}): Promise<Answer<T>> {
    return this.#call("DELETE", `${path}${queryText(query)}`);
  }

  /** Reads all pages of a list, up to `most` items. */
  async list<T>(path: string, query: Query = {}, most = Number.POSITIVE_INFINITY): Promise<Answer<Page<T>>> {
    const data: T[] = [];
    let cursor: string | null | undefined;
    do {
      const limit = String(Math.min(PAGE, most - data.length));
      const page: Answer<Page<T>> = await this.get(path, { ...query, cursor: cursor ?? undefined, limit });
      if (!Array.isArray(page.body.data)) throw unexpected(this.url);
      data.push(...page.body.data);
      cursor = page.body.next_cursor;
    } while (cursor && data.length < most);
    return { status: 200, body: { data, next_cursor: cursor } };
  }

  async #call<T>(method: string, path: string, body?: string, more: Record<string, string> = {}): Promise<Answer<T>> {
    const { response, text } = await this.#patiently(() => this.#send(method, path, body, more));
    const answer = parsed(text);
    const isAnswer = response.ok && typeof answer === "object" && answer !== null;
    if (!isAnswer) throw failureOf(this.url, response, answer);
    const version = /^"(.*)"$/.exec(response.headers.get("etag") ?? "")?.[1];
    const changeId = /^\/v1\/changes\/(\w+)$/.exec(response.headers.get("location") ?? "")?.[1];
    return { status: response.status, body: answer as T, version, changeId };
  }

  /** A call that is refused with 429 has changed nothing, and is made again when the gateway says so. */
  async #patiently(send: () => Promise<Exchanged>): Promise<Exchanged> {
    for (let attempt = 1; ; attempt++) {
      const exchanged = await send();
      const { status, headers } = exchanged.response;
      const waitMs = retryAfterMs(headers) ?? Number.POSITIVE_INFINITY;
      if (status !== 429 || attempt === MAX_ATTEMPTS || waitMs > MAX_WAIT_MS) return exchanged;
      await wait(waitMs);
    }
  }

  #send(method: string, path: string, body: string | undefined, more: Record<string, string>): Promise<Exchanged> {
    const headers = { ...more, ...this.#headers, ...(body && { "Content-Type": "application/json" }) };
    return exchange(`${this.url}${path}`, { method, headers, ...(body && { body }) });
  }
}

type Exchanged = Awaited<ReturnType<typeof exchange>>;

const PAGE = 100;

function ifMatchOf(version: string | undefined): Record<string, string> {
  return version === undefined ? {} : { "If-Match": `"${version}"` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function queryText(query: Query): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length > 0 ? `?${new URLSearchParams(given)}` : "";
}
