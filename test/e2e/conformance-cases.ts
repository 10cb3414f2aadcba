/** Requests and answers that are to go through the gateway as they go without it. */

import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import type { Answer } from "../helpers/origin.ts";

export interface ConformanceCase {
  readonly name: string;
  readonly method?: string;
  readonly query?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
  /** Default: tells what came. */
  readonly answer?: Answer;
}

const TEXT = "the quick brown fox ".repeat(300);
const ENCODED = {
  gzip: gzipSync(TEXT),
  br: brotliCompressSync(TEXT),
  zstd: zstdCompressSync(TEXT),
  deflate: deflateSync(TEXT),
  identity: Buffer.from(TEXT),
};

const METHODS =
  "GET HEAD POST PUT PATCH DELETE OPTIONS PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK REPORT SEARCH PURGE QUERY MERGE SUBSCRIBE NOTIFY";
const STATUSES =
  "200 201 202 203 206 207 208 226 299 300 301 302 303 305 307 308 400 401 402 403 404 405 406 407 408 409 410 411 412 413 414 415 416 417 418 421 422 423 424 425 426 428 429 431 451 499 500 501 502 503 504 505 507 508 511 520 522 599";
const WITHOUT_BODY = [204, 304];

const methods = METHODS.split(" ").map((method): ConformanceCase => ({ name: `the method ${method}`, method }));

const statuses = STATUSES.split(" ").map(
  (status): ConformanceCase => ({
    name: `the status ${status}`,
    answer: (_, response) =>
      response.writeHead(Number(status), { "Content-Length": 4, "Retry-After": "7" }).end("text"),
  }),
);

const bodiless = WITHOUT_BODY.map(
  (status): ConformanceCase => ({
    name: `the status ${status}, which has no body`,
    answer: (_, response) => response.writeHead(status, { ETag: '"x"' }).end(),
  }),
);

const encodings = Object.entries(ENCODED).flatMap(([coding, bytes]) =>
  [undefined, "gzip, br, zstd", "identity"].flatMap((accepted) =>
    [true, false].map(
      (isAnnounced): ConformanceCase => ({
        name: `${coding}, ${isAnnounced ? "of a known length" : "chunked"}, to a client that accepts ${accepted}`,
        headers: accepted === undefined ? [] : [["Accept-Encoding", accepted]],
        answer: (_, response) => {
          if (coding !== "identity") response.setHeader("Content-Encoding", coding);
          if (isAnnounced) response.setHeader("Content-Length", bytes.length);
          response.writeHead(200, { ETag: '"strong"', Vary: "Accept-Encoding" });
          response.write(bytes.subarray(0, 10));
          response.end(bytes.subarray(10));
        },
      }),
    ),
  ),
);

const queries = [
  "?a=1&a=2",
  "?q=%20+%2F&c&=d",
  "?filter[name]=x",
  "?next=https%3A%2F%2Fe.test%2F%3Fa",
  "?%zz",
  "?",
  "??",
  "?%C3%A9",
].map((query): ConformanceCase => ({ name: `the query ${query}`, query }));

const requestHeaders = (
  [
    [["Cookie", "a=1; b=2"]],
    [["Range", "bytes=0-99"]],
    [["Range", "bytes=-5"]],
    [["If-None-Match", '"a", W/"b"']],
    [["If-Modified-Since", "Wed, 21 Oct 2026 07:28:00 GMT"]],
    [["If-Match", "*"]],
    [["If-Range", '"x"']],
    [["Accept", "text/html;q=0.9, */*;q=0.1"]],
    [["Accept-Language", "pt-PT"]],
    [["Content-Type", "application/json"]],
    [["Origin", "https://app.test"]],
    [["Referer", "https://app.test/x?y"]],
    [["User-Agent", "conformance/1 (x; y)"]],
    [["Prefer", "return=minimal"]],
    [["Idempotency-Key", '"8e03978e"']],
    [["X-Empty", ""]],
    [["X-Latin", "caf\xe9"]],
    [["DNT", "1"]],
    [["Cache-Control", "no-cache"]],
    [["Pragma", "no-cache"]],
    [["Priority", "u=1, i"]],
    [["Max-Forwards", "3"]],
    [["X-Long", "v".repeat(8_000)]],
  ] as [string, string][][]
).map(
  (headers): ConformanceCase => ({
    name: `the request header ${headers[0]?.[0]}: ${headers[0]?.[1]?.slice(0, 30)}`,
    headers,
  }),
);

const answerHeaders = Object.entries({
  "Set-Cookie": ["a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2027 07:28:00 GMT", "c=3; HttpOnly"],
  Location: "/elsewhere?x#y",
  "WWW-Authenticate": ['Basic realm="a"', 'Digest realm="b"'],
  "Content-Disposition": 'attachment; filename="a b.txt"',
  "Content-Range": "bytes 0-3/100",
  "Content-Security-Policy": "default-src 'self'",
  "Cache-Control": "public, max-age=60",
  Link: ["</a>; rel=next", "</b>; rel=prev"],
  Vary: "Accept, Origin",
  ETag: 'W/"weak"',
  "Last-Modified": "Wed, 21 Oct 2026 07:28:00 GMT",
  "Accept-Ranges": "bytes",
  "Strict-Transport-Security": "max-age=1",
  "Server-Timing": "db;dur=1",
  Server: "origin/1",
  "X-Powered-By": "origin",
  "Access-Control-Allow-Origin": "*",
  Age: "3",
  Deprecation: "@1688169599",
  "Content-Language": "de",
  "Alt-Svc": 'h3=":443"',
}).map(
  ([name, value]): ConformanceCase => ({
    name: `the answer's header ${name}`,
    answer: (_, response) => response.writeHead(200, { [name]: value, "Content-Length": 4 }).end("text"),
  }),
);

const bodies: ConformanceCase[] = [0, 1, 4_096, 70_000, 1_000_000, 3_000_000].flatMap((size): ConformanceCase[] => [
  { name: `a body of ${size} bytes`, method: "POST", body: "b".repeat(size) },
  {
    name: `an answer of ${size} bytes`,
    answer: (_, response) => void response.setHeader("Content-Length", size).end("b".repeat(size)),
  },
  {
    name: `a chunked answer of ${size} bytes`,
    answer: (_, response) => void response.writeHead(200).end("b".repeat(size)),
  },
]);

const rest: ConformanceCase[] = [
  { name: "a GET with a body", method: "GET", body: "a body" },
  { name: "a DELETE with a body", method: "DELETE", body: "a body" },
  { name: "a POST without a body", method: "POST", headers: [["Content-Length", "0"]] },
  {
    name: "HEAD of what has a length",
    method: "HEAD",
    answer: (_, response) => response.writeHead(200, { "Content-Length": "1234", ETag: '"x"' }).end(),
  },
  {
    name: "HEAD of what is long",
    method: "HEAD",
    answer: (_, response) => response.writeHead(200, { "Content-Length": "3000000" }).end(),
  },
  {
    name: "a part of what is long",
    headers: [["Range", "bytes=0-2999999"]],
    answer: (_, response) =>
      response
        .writeHead(206, { "Content-Range": "bytes 0-2999999/9000000", "Content-Length": "3000000" })
        .end("c".repeat(3_000_000)),
  },
  {
    name: "HEAD of what is compressed",
    method: "HEAD",
    answer: (_, response) => response.writeHead(200, { "Content-Length": "99", "Content-Encoding": "gzip" }).end(),
  },
  {
    name: "early hints before the answer",
    answer: (_, response) => {
      response.writeEarlyHints({ link: "</a.css>; rel=preload" });
      response.writeHead(200, { "Content-Length": 4 }).end("text");
    },
  },
  {
    name: "events",
    headers: [["Accept", "text/event-stream"]],
    answer: (_, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.write("data: 1\n\n");
      response.end("data: 2\n\n");
    },
  },
  {
    name: "a part of a file, with 206",
    headers: [["Range", "bytes=2-5"]],
    answer: (_, response) =>
      response.writeHead(206, { "Content-Range": "bytes 2-5/10", "Content-Length": 4 }).end("cdef"),
  },
];

export const CASES: readonly ConformanceCase[] = [
  ...methods,
  ...statuses,
  ...bodiless,
  ...encodings,
  ...queries,
  ...requestHeaders,
  ...answerHeaders,
  ...bodies,
  ...rest,
];
