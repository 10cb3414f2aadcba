/** Answers that a command cannot use, in words that name the next step. */

import { EXIT_FAILED, EXIT_NO_ANSWER, Failure } from "../terminal/failure.ts";

interface FieldError {
  readonly field: string;
  readonly problem: string;
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly fix?: string;
  readonly code?: string;
  readonly request_id?: string;
  readonly errors?: readonly FieldError[];
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

  constructor(status: number, problem: Problem, retryAfterMs: number | undefined) {
    super(wordsOf(status, problem, retryAfterMs), EXIT_FAILED);
    this.status = status;
    this.errors = problem.errors ?? [];
  }
}

/** `answer`: the parsed body; `undefined` if it is not JSON. */
export function failureOf(url: string, response: Response, answer: unknown): Failure {
  const { status, headers } = response;
  const retryAfter = retryAfterMs(headers);
  const problem = problemIn(answer);
  if (status >= 500) {
    const words = problem ? wordsOf(status, problem, retryAfter) : silentFault(url, status, retryAfter);
    return new NoAnswer(words, retryAfter);
  }
  if (status === 429) {
    const words = problem
      ? wordsOf(status, problem, retryAfter)
      : `${url} answered 429: too many calls. ${again(retryAfter)}.`;
    return new NoAnswer(words, retryAfter);
  }
  if (status >= 300 && status < 400) return new Failure(redirected(url, status, headers.get("location")));
  if (problem && status >= 400) return new Refused(status, problem, retryAfter);
  return new Failure(`${url} answered ${status}, but not like a management API. ${CHECK_URL}`);
}

const CHECK_URL = "Check that --url is the control base URL.";

/** A success of another form than a command expects. */
export function unexpected(url: string): Failure {
  return new Failure(
    `${url} answered in a form that this version of keygate does not know: it may be older or newer. ${CHECK_URL}`,
  );
}

function problemIn(answer: unknown): Problem | undefined {
  if (typeof answer !== "object" || answer === null) return undefined;
  const given = Object.entries(answer);
  const texts = given.filter(([name, value]) => TEXTS.includes(name) && typeof value === "string");
  if (texts.length === 0) return undefined;
  const errors = "errors" in answer && Array.isArray(answer.errors) ? answer.errors.filter(isFieldError) : [];
  return { ...Object.fromEntries(texts), errors };
}

const TEXTS = ["title", "detail", "fix", "code", "request_id"];

function isFieldError(value: unknown): value is FieldError {
  return typeof value === "object" && value !== null && "field" in value && "problem" in value;
}

function wordsOf(status: number, problem: Problem, retryAfter: number | undefined): string {
  const { title, detail, fix, code, request_id, errors = [] } = problem;
  const what = (errors.length > 0 ? title : detail) ?? title ?? "The gateway refused.";
  const fields = errors.map(({ field, problem }) => `  ${field}: ${problem}`);
  const reference = [status, code, request_id && `request ${request_id}`].filter(Boolean).join(", ");
  return [`${what} (${reference})`, ...fields, ...nextStep(status, fix, retryAfter)].join("\n");
}

/** The API's fix names the header Retry-After, which nobody sees here. */
function nextStep(status: number, fix: string | undefined, retryAfter: number | undefined): string[] {
  const named =
    retryAfter === undefined ? fix : fix?.replace("the seconds in Retry-After", `${secondsOf(retryAfter)} s`);
  if (named !== undefined && (named !== fix || retryAfter === undefined)) return [`  ${named}`];
  const waiting = status >= 500 || retryAfter !== undefined ? [`  ${again(retryAfter)}.`] : [];
  return [...(named === undefined ? [] : [`  ${named}`]), ...waiting];
}

function silentFault(url: string, status: number, retryAfter: number | undefined): string {
  return `${url} answered ${status}, without a reason. ${again(retryAfter)}; if it stays like this, look at the Worker's log. ${CHECK_URL}`;
}

function redirected(url: string, status: number, location: string | null): string {
  const target = location !== null && URL.canParse(location, url) ? new URL(location, url).origin : "another address";
  return `${url} answered ${status} and points to ${target}. Nothing was sent there. ${CHECK_URL}`;
}

function again(retryAfter: number | undefined): string {
  return retryAfter === undefined ? "Try again later" : `Try again in ${secondsOf(retryAfter)} s`;
}

const secondsOf = (ms: number) => Math.ceil(ms / 1000);

/** Seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
export function retryAfterMs(headers: Headers): number | undefined {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
