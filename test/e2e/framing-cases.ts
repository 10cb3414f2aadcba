/**
 * Requests whose framing is hostile, or merely odd, and what comes of each. https://www.rfc-editor.org/rfc/rfc9112#section-6
 * is about lengths, section 11.2 about smuggling.
 */

export interface FramingCase {
  readonly name: string;
  /** The request line, with PATH for a path that the key may call. Default: a GET, or with a body a POST of it. */
  readonly line?: string;
  /** Header lines, between those that every request has. */
  readonly lines?: readonly string[];
  /** SMUGGLED stands for a second request, SIZE in `lines` and in here for its length, HEX for the same as a chunk has it. */
  readonly body?: string;
  /** In place of `127.0.0.1:PORT`; `null` for none. */
  readonly host?: string | null;
  /** What becomes of the request's bytes as a whole. */
  readonly change?: (bytes: string) => string;
  /** Each answer's status, and whose it is: of the gateway by its code, or of what stands before its code. */
  readonly answers: readonly string[];
  /** Where the dev server's own proxy answers otherwise. */
  readonly onDevServer?: readonly string[];
  /**
   * The last segment of the path of each request that reaches the origin whole. Default: the one that was meant, where it
   * is answered with 200. Where it is answered with `request_broken_off`, it can reach the origin broken off too.
   */
  readonly reaches?: readonly string[];
}

const RUNTIME_400 = ["400 runtime"];
/** The runtime had begun to hand the request on before it saw what is wrong with it. */
const BROKEN_OFF = { answers: ["400 request_broken_off"], onDevServer: ["500 runtime"] };
const UNKNOWN_HOST = { answers: ["404 unknown_host"] };
const PARSED_BY_NOBODY = { ...UNKNOWN_HOST, onDevServer: ["500 runtime"] };
const OK = ["200"];
const CHUNKED = ["Transfer-Encoding: chunked"];
const EMPTY_CHUNKS = "0\r\n\r\n";

const lengths: FramingCase[] = [
  {
    name: "a length beside chunks: the chunks count",
    lines: ["Content-Length: 6", ...CHUNKED],
    body: `${EMPTY_CHUNKS}G`,
    answers: OK,
  },
  {
    name: "chunks beside a length: the chunks count",
    lines: [...CHUNKED, "Content-Length: 3"],
    body: `8\r\nSMUGGLE!\r\n${EMPTY_CHUNKS}`,
    answers: OK,
  },
  { name: "a length in two equal lines", lines: ["Content-Length: 2", "Content-Length: 2"], body: "ab", answers: OK },
  {
    name: "a length in two equal lines beside chunks: the chunks count",
    lines: ["Content-Length: 2", ...CHUNKED, "Content-Length: 2"],
    body: `8\r\nSMUGGLE!\r\n${EMPTY_CHUNKS}`,
    answers: OK,
  },
  {
    name: "two lengths that differ beside chunks: the chunks count",
    lines: ["Content-Length: 2", ...CHUNKED, "Content-Length: 3"],
    body: `8\r\nSMUGGLE!\r\n${EMPTY_CHUNKS}`,
    answers: OK,
  },
  { name: "a length in a folded line", lines: ["Content-Length:\r\n 2"], body: "ab", answers: RUNTIME_400 },
  {
    name: "two lengths that differ",
    lines: ["Content-Length: 2", "Content-Length: 3"],
    body: "abc",
    answers: RUNTIME_400,
  },
  ...["+2", "-1", "0x2", "2,2", "2;", "", "1 2", "18446744073709551616", "18446744073709551618"].map((length) => ({
    name: `the length "${length}"`,
    lines: [`Content-Length: ${length}`],
    body: "ab",
    answers: RUNTIME_400,
  })),
  { name: "a length with white space around it", lines: ["Content-Length:  2 "], body: "ab", answers: OK },
  {
    name: "a length with an underscore, beside the true one",
    lines: ["Content_Length: 5", "Content-Length: 2"],
    body: "ab",
    answers: OK,
  },
];

const codings: FramingCase[] = [
  ...["xchunked", "chunked, identity", "identity", "\x0bchunked", "chunked;a"].map((coding) => ({
    name: `the transfer coding ${JSON.stringify(coding)}`,
    lines: [`Transfer-Encoding: ${coding}`],
    body: EMPTY_CHUNKS,
    answers: RUNTIME_400,
  })),
  {
    name: "the transfer coding in capitals",
    lines: ["Transfer-Encoding: Chunked"],
    body: `2\r\nab\r\n${EMPTY_CHUNKS}`,
    answers: OK,
  },
  {
    name: "the transfer coding behind a tab",
    lines: ["Transfer-Encoding:\tchunked"],
    body: `2\r\nab\r\n${EMPTY_CHUNKS}`,
    answers: OK,
  },
  { name: "the transfer coding in two lines", lines: [...CHUNKED, ...CHUNKED], body: EMPTY_CHUNKS, answers: OK },
  {
    name: "the transfer coding in a folded line",
    lines: ["Transfer-Encoding:\r\n chunked"],
    body: EMPTY_CHUNKS,
    answers: RUNTIME_400,
  },
  {
    name: "the transfer coding, with a space before its colon",
    lines: ["Transfer-Encoding : chunked"],
    body: EMPTY_CHUNKS,
    answers: RUNTIME_400,
  },
];

const chunk = (
  name: string,
  bytes: string,
  answer: Pick<FramingCase, "answers" | "onDevServer"> = BROKEN_OFF,
): FramingCase => ({
  name: `chunks: ${name}`,
  lines: CHUNKED,
  body: bytes,
  ...answer,
});
const chunks: FramingCase[] = [
  ...["-1", "+1", "0x1", " 1", "", "ffffffffffffffffff", "g"].map((size) =>
    chunk(`the size "${size}"`, `${size}\r\na\r\n${EMPTY_CHUNKS}`),
  ),
  chunk("an extension of 100 KB", `1;${"a".repeat(100_000)}\r\na\r\n${EMPTY_CHUNKS}`),
  chunk("one longer than it says", `1\r\nab\r\n${EMPTY_CHUNKS}`),
  chunk("line feeds alone", "1\na\n0\n\n"),
  chunk("white space after the size", `1 \r\na\r\n${EMPTY_CHUNKS}`, { answers: OK }),
  chunk("an extension", `1;a=b\r\na\r\n${EMPTY_CHUNKS}`, { answers: OK }),
  chunk("a trailer that names an identity", "1\r\na\r\n0\r\nKeygate-Role: root\r\n\r\n", { answers: OK }),
];

const smuggling: FramingCase[] = [
  {
    name: "a request behind the chunks, within the length",
    lines: ["Content-Length: SIZE", ...CHUNKED],
    body: `${EMPTY_CHUNKS}SMUGGLED`,
    answers: OK,
  },
  {
    name: "a request within the chunks, behind the length",
    lines: [...CHUNKED, "Content-Length: 4"],
    body: `HEX\r\nSMUGGLED\r\n${EMPTY_CHUNKS}`,
    answers: OK,
  },
  {
    name: "a request behind a coding that is none",
    lines: ["Transfer-Encoding: xchunked", "Content-Length: 0"],
    body: "SMUGGLED",
    answers: RUNTIME_400,
  },
  {
    name: "a request in the body of a GET",
    line: "GET PATH HTTP/1.1",
    lines: ["Content-Length: SIZE"],
    body: "SMUGGLED",
    answers: OK,
  },
  {
    name: "a request in the body of a HEAD",
    line: "HEAD PATH HTTP/1.1",
    lines: ["Content-Length: SIZE"],
    body: "SMUGGLED",
    answers: OK,
  },
  {
    name: "a request in the body of a POST that expects to go on",
    lines: ["Expect: 100-continue", "Content-Length: SIZE"],
    body: "SMUGGLED",
    answers: ["100 runtime", "200"],
  },
  {
    name: "two requests, one after the other: both are answered",
    line: "GET PATH HTTP/1.1",
    body: "SMUGGLED",
    answers: ["200", "200"],
    reaches: ["1", "smuggled"],
  },
  {
    name: "a second one behind an upgrade that the origin does not take",
    line: "GET PATH HTTP/1.1",
    lines: [
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ],
    body: "SMUGGLED",
    answers: ["200", "200"],
    reaches: ["1", "smuggled"],
  },
  {
    name: "an upgrade to HTTP/2, which is not taken",
    lines: ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA"],
    answers: OK,
  },
];

const fields: FramingCase[] = [
  ...Object.entries({
    "a bare carriage return": "X-A: a\rX-B: b",
    "a folded line": "X-A: a\r\n b",
    "a space before the colon": "X-A : a",
    "no name": ": a",
    "no colon": "X-A",
    "NUL in the name": "X\0A: a",
    "NUL in the value": "X-A: a\0b",
    "a name that is no ASCII": "X\xe9: a",
  }).map(([name, line]) => ({ name: `a field with ${name}`, lines: [line], answers: RUNTIME_400 })),
  {
    name: "a field before the first that begins with white space",
    change: (bytes) => bytes.replace("\r\n", "\r\n X: a\r\n"),
    answers: RUNTIME_400,
  },
  {
    name: "a field with another control character, which the origin refuses",
    lines: ["X-A: a\x01b"],
    answers: ["400 origin"],
  },
  { name: "a bare line feed, which ends a line", lines: ["X-A: a\nX-B: b"], answers: OK },
  { name: "line feeds alone", change: (bytes) => bytes.replaceAll("\r\n", "\n"), answers: OK },
  { name: "carriage returns alone", change: (bytes) => bytes.replaceAll("\r\n", "\r"), answers: RUNTIME_400 },
  { name: "a value that is no ASCII", lines: ["X-A: caf\xe9"], answers: OK },
  { name: "a field of 1 MB", lines: [`X-A: ${"a".repeat(1_000_000)}`], answers: ["431 runtime"] },
  { name: "an empty line before all", change: (bytes) => `\r\n${bytes}`, answers: OK },
];

const targets: FramingCase[] = [
  { name: "an absolute target, of the same host", line: "GET http://127.0.0.1:PORTPATH HTTP/1.1", answers: OK },
  {
    name: "an absolute target, of another host: the field Host counts",
    line: "GET http://evil.testPATH HTTP/1.1",
    answers: OK,
  },
  { name: "CONNECT", line: "CONNECT evil.test:443 HTTP/1.1", answers: ["500 runtime"] },
  { name: "OPTIONS *", line: "OPTIONS * HTTP/1.1", ...PARSED_BY_NOBODY },
  { name: "GET *", line: "GET * HTTP/1.1", ...PARSED_BY_NOBODY },
  ...["", "signatures/1", "PATH x", "PATH`", "PATH\0", "PATH\xe9"].map((target) => ({
    name: `the target ${JSON.stringify(target)}`,
    line: `GET ${target} HTTP/1.1`,
    answers: RUNTIME_400,
  })),
  { name: "a target with a fragment, which goes no further", line: "GET PATH#x HTTP/1.1", answers: OK },
  { name: "a target that begins with two slashes", line: "GET //evil.test/x HTTP/1.1", ...UNKNOWN_HOST },
  { name: "a request line of 100 KB", line: `GET PATH?${"a".repeat(100_000)} HTTP/1.1`, answers: ["414 runtime"] },
  ...["http/1.1", "HTTP/2.0", "HTTP/1.2"].map((version) => ({
    name: `the version ${version}`,
    line: `GET PATH ${version}`,
    answers: RUNTIME_400,
  })),
  { name: "HTTP/0.9", line: "GET PATH", answers: RUNTIME_400 },
  { name: "HTTP/1.0 with a host", line: "GET PATH HTTP/1.0", answers: OK },
  { name: "the preface of HTTP/2", change: () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", answers: [] },
  { name: "a handshake of TLS", change: () => "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", answers: RUNTIME_400 },
  { name: "a method with NUL", line: "G\0T PATH HTTP/1.1", answers: RUNTIME_400 },
  { name: "a method of 100 letters", line: `${"A".repeat(100)} PATH HTTP/1.1`, answers: ["501 runtime"] },
];

const hosts: FramingCase[] = [
  { name: "no host", host: null, answers: RUNTIME_400 },
  { name: "no host, in HTTP/1.0", line: "GET PATH HTTP/1.0", host: null, answers: RUNTIME_400 },
  { name: "an empty host", host: "", answers: RUNTIME_400 },
  { name: "two hosts", lines: ["Host: evil.test"], ...PARSED_BY_NOBODY },
  { name: "a list of hosts", host: "127.0.0.1:PORT,evil.test", ...PARSED_BY_NOBODY },
  { name: "a host with a path", host: "127.0.0.1:PORT/x", ...UNKNOWN_HOST },
  { name: "another host", host: "evil.test", ...UNKNOWN_HOST },
  { name: "a host with a user", host: "evil@127.0.0.1:PORT", answers: OK },
];

export const FRAMING: readonly FramingCase[] = [
  ...lengths,
  ...codings,
  ...chunks,
  ...smuggling,
  ...fields,
  ...targets,
  ...hosts,
];
