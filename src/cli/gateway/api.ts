/** The management API over HTTP. */

import { setTimeout as wait } from "node:timers/promises";
import { MINUTE_MS } from "../../domain/durations.ts";
import { EXIT_FAILED, EXIT_NO_ANSWER, Failure } from "../terminal/failure.ts";

const TIMEOUT_MS = 30_000;
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

interface Problem {
  title?: string;
  detail?: string;
  fix?: string;
  code?: string;
  request_id?: string;
  errors?: FieldError[];
}

interface FieldError {
  field: string;
  problem: string;
}

/** No answer, or one that asks to try again later. */
export class NoAnswer extends Failure {
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs?: number) {
    super(message, EXIT_NO_ANSWER);
    this.retryAfterMs = retryAfterMs;
  }
}

/** An answer of the management API that is an error. */
export class Refused extends Failure {
  readonly status: number;
  readonly errors: readonly FieldError[];

  constructor(status: number, problem: Problem) {
    super(wordsOf(status, problem), EXIT_FAILED);
    this.status = status;
    this.errors = problem.errors ?? [];
  }
}

export class Api {
  readonly url: string;
  readonly #headers: Record<string, string>;

  constructor({ url, token }: Connection, { actAs, ifMatch }: CallOptions = {}) {
    this.url = url;
    this.#headers = {
      Authorization: `Bearer ${token}`,
      ...(actAs !== undefined && { "Keygate-Act-As": actAs }),
      ...(ifMatch !== undefined && { "If-Match": `"${ifMatch}"` }),
    };
  }

  get<T>(path: string, query: Query = {}): Promise<Answer<T>> {
    return this.#call("GET", `${path}${queryText(query)}`);
  }

  /** Leaves out undefined fields of the body. */
  post<T>(path: string, body: object): Promise<Answer<T>> {
    return this.#call("POST", path, JSON.stringify(body));
  }

  patch<T>(path: string, body: object): Promise<Answer<T>> {
    return this.#call("PATCH", path, JSON.stringify(body));
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
      data.push(...page.body.data);
      cursor = page.body.next_cursor;
    } while (cursor && data.length < most);
    return { status: 200, body: { data, next_cursor: cursor } };
  }

  async #call<T>(method: string, path: string, body?: string): Promise<Answer<T>> {
    const response = await this.#patiently(() => this.#send(method, path, body));
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.status >= 500) throw new NoAnswer(this.#failureOf(response.status, answer), retryAfterMs(response));
    if (!isAnswer(response, answer)) throw new Failure(this.#failureOf(response.status, undefined));
    if (!response.ok) throw new Refused(response.status, answer);
    const version = /^"(.*)"$/.exec(response.headers.get("etag") ?? "")?.[1];
    const changeId = /^\/v1\/changes\/(\w+)$/.exec(response.headers.get("location") ?? "")?.[1];
    return { status: response.status, body: answer as T, version, changeId };
  }

  /** A call that is refused with 429 has changed nothing, and is made again when the gateway says so. */
  async #patiently(send: () => Promise<Response>): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const response = await send();
      const waitMs = retryAfterMs(response) ?? Number.POSITIVE_INFINITY;
      if (response.status !== 429 || attempt === MAX_ATTEMPTS || waitMs > MAX_WAIT_MS) return response;
      await wait(waitMs);
    }
  }

  #send(method: string, path: string, body: string | undefined): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method,
      body,
      headers: { ...this.#headers, ...(body && { "Content-Type": "application/json" }) },
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error) => {
      throw new NoAnswer(silenceOf(this.url, error));
    });
  }

  #failureOf(status: number, answer: unknown): string {
    if (typeof answer === "object" && answer !== null) return wordsOf(status, answer);
    return `${this.url} answered ${status}, but not like a management API. Check that --url is the control base URL.`;
  }
}

const PAGE = 100;

function isAnswer({ status }: Response, answer: unknown): answer is object {
  return typeof answer === "object" && answer !== null && (status < 300 || status >= 400);
}

function retryAfterMs({ headers }: Response): number | undefined {
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

export function isLocal(url: string): boolean {
  return ["localhost", "127.0.0.1", "[::1]"].includes(new URL(url).hostname);
}

function queryText(query: Query): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length > 0 ? `?${new URLSearchParams(given)}` : "";
}

function wordsOf(status: number, { title, detail, fix, code, request_id, errors = [] }: Problem): string {
  const what = (errors.length > 0 ? title : detail) ?? title ?? "The gateway refused.";
  const fields = errors.map(({ field, problem }) => `  ${field}: ${problem}`);
  const reference = [status, code, request_id && `request ${request_id}`].filter(Boolean).join(", ");
  return [`${what} (${reference})`, ...fields, ...(fix ? [`  ${fix}`] : [])].join("\n");
}

function silenceOf(url: string, error: Error): string {
  const next = isLocal(url) ? "Is `npm start` running?" : "Check --url and the network.";
  if (error.name === "TimeoutError") return `No answer from ${url} within ${TIMEOUT_MS / 1000} s. ${next}`;
  const reason = error.cause instanceof Error && "code" in error.cause ? ` (${error.cause.code})` : "";
  return `No gateway answers at ${url}${reason}. ${next}`;
}
