/** The management API over HTTP. */

import { Failure } from "./failure.ts";

const TIMEOUT_MS = 30_000;

/** Where the gateway's control plane answers, and with what one may call it. */
export interface Connection {
  /** The control base URL, without a slash at its end. */
  readonly url: string;
  readonly token: string;
}

export interface Page<T> {
  readonly data: T[];
  readonly next_cursor: string | null;
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

type Query = Record<string, string | undefined>;

interface Problem {
  title?: string;
  detail?: string;
  fix?: string;
  code?: string;
  request_id?: string;
  errors?: { field: string; problem: string }[];
}

/** An answer of the management API that is an error. */
export class Refused extends Failure {
  readonly status: number;

  constructor(status: number, problem: Problem) {
    super(wordsOf(status, problem));
    this.status = status;
  }
}

export class Api {
  readonly url: string;
  readonly #token: string;

  constructor({ url, token }: Connection) {
    this.url = url;
    this.#token = token;
  }

  get<T>(path: string): Promise<Answer<T>> {
    return this.#call("GET", path);
  }

  /** Fields of the body that are undefined are left out. */
  post<T>(path: string, body: object): Promise<Answer<T>> {
    return this.#call("POST", path, JSON.stringify(body));
  }

  /** Every page of a list, as one. */
  async list<T>(path: string, query: Query = {}): Promise<Answer<Page<T>>> {
    const data: T[] = [];
    let cursor: string | null | undefined;
    do {
      const page: Answer<Page<T>> = await this.get(`${path}${queryText({ ...query, cursor, limit: "100" })}`);
      data.push(...page.body.data);
      cursor = page.body.next_cursor;
    } while (cursor);
    return { status: 200, body: { data, next_cursor: null } };
  }

  async #call<T>(method: string, path: string, body?: string): Promise<Answer<T>> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      body,
      headers: { Authorization: `Bearer ${this.#token}`, ...(body && { "Content-Type": "application/json" }) },
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error) => {
      throw new Failure(silenceOf(this.url, error));
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (typeof answer !== "object" || answer === null || (response.status >= 300 && response.status < 400)) {
      throw new Failure(
        `${this.url} answered ${response.status}, and not as the management API does. Is --url the control base URL?`,
      );
    }
    if (!response.ok) throw new Refused(response.status, answer);
    return { status: response.status, body: answer as T };
  }
}

export function isLocal(url: string): boolean {
  return ["localhost", "127.0.0.1", "[::1]"].includes(new URL(url).hostname);
}

function queryText(query: Record<string, string | null | undefined>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
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
