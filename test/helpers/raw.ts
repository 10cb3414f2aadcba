/** HTTP/1.1 byte by byte: for requests that no client library would send. */

import { connect } from "node:net";

export interface RawResponse {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export function headerOf(response: RawResponse | undefined, name: string): string | undefined {
  return response?.headers.find(([other]) => other === name)?.[1];
}

/** The `code` of a problem document; `undefined` for any other answer, such as one of the runtime itself. */
export function codeOf(response: RawResponse | undefined): string | undefined {
  const isProblem = headerOf(response, "content-type") === "application/problem+json";
  return isProblem && response?.body ? JSON.parse(response.body).code : undefined;
}

type HeaderLine = readonly [name: string, value: string];

const DEADLINE_MS = 10_000;

/** A request in proper framing around whatever is given. */
export function rawRequest(method: string, target: string, headers: readonly HeaderLine[], body = ""): string {
  const length = body === "" ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const lines = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`), ...length];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/**
 * Writes the bytes to a new connection (text as Latin-1) and reads one response. `undefined` where the connection was
 * closed without one; throws where nothing happens at all.
 */
export async function sendRaw(port: number, bytes: string | Buffer): Promise<RawResponse | undefined> {
  const socket = connect(port, "127.0.0.1");
  const hasBody = !bytes.toString("latin1").startsWith("HEAD ");
  try {
    return await new Promise((done, fail) => {
      let text = "";
      const timer = setTimeout(() => fail(new Error(`no answer within ${DEADLINE_MS} ms to ${bytes}`)), DEADLINE_MS);
      const finish = (response: RawResponse | undefined) => {
        clearTimeout(timer);
        done(response);
      };
      socket.setEncoding("latin1");
      socket.on("data", (chunk) => {
        text += chunk;
        const response = parseResponse(text, hasBody, false);
        if (response) finish(response);
      });
      socket.on("error", () => finish(parseResponse(text, hasBody, true)));
      socket.on("end", () => finish(parseResponse(text, hasBody, true)));
      socket.write(bytes, "latin1");
    });
  } finally {
    socket.destroy();
  }
}

/** `undefined` while it is incomplete. `ended`: no more will come. */
function parseResponse(text: string, hasBody: boolean, ended: boolean): RawResponse | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const status = Number(statusLine.split(" ")[1]);
  const rest = text.slice(end + 4);
  if (status < 200) return parseResponse(rest, hasBody, ended);
  const headers = lines.map((line): HeaderLine => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const body = hasBody && status !== 204 && status !== 304 ? parseBody(rest, new Map(headers), ended) : "";
  return body === undefined ? undefined : { status, headers, body };
}

function parseBody(text: string, headers: ReadonlyMap<string, string>, ended: boolean): string | undefined {
  const length = headers.get("content-length");
  if (length !== undefined) return text.length >= Number(length) ? text.slice(0, Number(length)) : undefined;
  if (headers.get("transfer-encoding") === "chunked") return parseChunks(text);
  return ended ? text : undefined;
}

function parseChunks(text: string): string | undefined {
  let body = "";
  for (let at = 0; ; ) {
    const line = text.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = Number.parseInt(text.slice(at, line), 16);
    if (size === 0) return body;
    body += text.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
    if (at > text.length) return undefined;
  }
}

/** How long a connection is listened to after all answers came that are expected, for one more. */
const SILENCE_MS = 150;

/** Writes the bytes to a new connection, and reads all answers that come. `expected`: how many, after which it waits no longer than for one too many. */
export function converse(port: number, bytes: string, expected: number): Promise<string[]> {
  return new Promise((done, fail) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    const answers = () => text.split(/(?=HTTP\/1\.[01] \d{3} )/).filter((answer) => answer !== "");
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      done(answers());
    };
    let timer = setTimeout(() => fail(new Error(`no answer within ${DEADLINE_MS} ms to ${bytes}`)), DEADLINE_MS);
    const isWhole = (answer: string) =>
      parseResponse(answer, !bytes.startsWith("HEAD "), false) !== undefined || /^HTTP\/1\.1 100 /.test(answer);
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => {
      text += chunk;
      if (answers().filter(isWhole).length < expected) return;
      clearTimeout(timer);
      timer = setTimeout(finish, SILENCE_MS);
    });
    socket.on("error", () => {});
    socket.on("close", finish);
    socket.write(bytes, "latin1");
  });
}
