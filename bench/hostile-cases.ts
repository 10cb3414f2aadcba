/** Requests that are made to cost as much as possible before they are refused, each as large as it may be or larger. */

export interface HostileCase {
  readonly name: string;
  readonly plane?: "control";
  readonly method?: string;
  /** Below the base URL. */
  readonly path?: string;
  readonly headers?: readonly string[];
  /** With a key that may do everything. */
  readonly key?: boolean;
}

/** No credentials. */
export const ORDINARY: HostileCase = { name: "an ordinary 401" };

/** As much as a URL may have by default, and as much as the runtime takes. */
const URL_BYTES = 16_384;
const TOO_LONG = 64_000;
const HEADER_BYTES = 65_536;
const ROOM = 200;

/** `text` over and over, up to `bytes`. */
function fill(text: string, bytes = URL_BYTES - ROOM): string {
  return text.repeat(Math.floor(bytes / text.length));
}

/** What some part of a URL may be full of. */
const FILLINGS: Readonly<Record<string, string>> = {
  "a %25 chain": `%${fill("25")}41`,
  "%25252525 after one another": fill("%2525252541"),
  "%41": fill("%41"),
  "%u0041": fill("%u0041"),
  "%u": fill("%u"),
  "%": fill("%"),
  "%E4x": fill("%E4x"),
  "quotation marks": fill('"'),
  semicolons: fill(";"),
  ";a": fill(";a"),
  "dots, then a letter": `${fill(".")}x`,
  "dots, then %41": `${fill(".")}%41`,
  "dots, a letter, over and over": `%41${fill(`${".".repeat(500)}x`)}`,
  "tabs, encoded": `${fill("%09")}x`,
  "blanks, encoded twice": `${fill("%2520")}x`,
  "encoded blanks, then a letter": `${fill("%20")}x`,
  slashes: fill("/"),
  "segments of one letter": fill("/a"),
  "encoded slashes": fill("%2f"),
  "encoded slashes, thrice": fill("a%25252f"),
  backslashes: fill("\\a"),
  "dot segments": fill("a/../"),
  "encoded dots": fill("%2e%2ea"),
  "question marks, encoded": fill("%3f"),
  "upper-case letters": fill("A"),
  "upper-case letters and dots": fill("A."),
  "parameters of one letter": fill(";a/"),
  "full-width slashes": fill("%EF%BC%8F"),
  "letters that fold to another": fill("%C4%B0"),
  "characters that stand for eighteen": fill("%EF%B7%BA"),
  "marks in the wrong order": fill("%CC%87%CC%A3"),
  "invisible characters": fill("%E2%80%8B"),
  "a little of everything": fill("%20;%2F%3F./+"),
};

const NEAR_KEY = `kg_test_${"a".repeat(36)}`;

const QUERIES: Readonly<Record<string, string>> = {
  "parameters of one letter": fill("a&"),
  "parameters without a name": fill("=&"),
  "near-keys": fill(`k=${NEAR_KEY}&`),
  "a near-key of 16 KB": `k=${fill("a_")}${"a".repeat(36)}`,
  underscores: `k=${fill("_")}`,
  "encoded near-keys": fill(`k=%6bg_test_${"a".repeat(36)}&`),
  "Bearer and blanks": `k=bearer${fill("+")}x`,
  blanks: `k=${fill("+")}x`,
  "%E4x": `k=${fill("%E4x")}`,
  "a %25 chain": `k=%${fill("25")}41`,
  semicolons: fill(";"),
  brackets: `workspace${fill("[")}=x`,
  "the workspace, over and over": fill("workspace=a&"),
  "nearly the workspace, encoded": fill("work%73pacx=a&"),
  "nearly the workspace, full-width": fill("%EF%BD%97orkspacx=a&"),
  "encoded ampersands": fill("%26workspacx%3Da"),
  "encoded ampersands, thrice": fill("%252526workspacx%25253Da"),
  "NUL in values": fill("a=%00&"),
};

const many = (line: (n: number) => string, bytes = HEADER_BYTES - 2_000) => {
  const lines: string[] = [];
  for (let size = 0, n = 0; size < bytes; n++) {
    const next = line(n);
    lines.push(next);
    size += next.length;
  }
  return lines;
};

const HEADERS: Readonly<Record<string, readonly string[]>> = {
  "200 headers": Array.from({ length: 190 }, (_, n) => `X-${n}: a`),
  // Twice as many cost the gateway 1.5 ms, and workerd 6 ms to read them.
  "headers of one letter": many((n) => `h${n.toString(36)}:`, 32_000),
  "one header, thousands of lines": many(() => "x:a"),
  "Connection of many names": [`Connection: ${fill("a,", HEADER_BYTES - 2_000)}`],
  "Connection of many names beside 190 headers": [
    ...Array.from({ length: 190 }, (_, n) => `X-${n}: a`),
    `Connection: ${fill("a, ", HEADER_BYTES - 8_000)}`,
  ],
  "Connection, thousands of lines": many(() => "Connection:a"),
  "Connection of blanks": [`Connection: a${fill(" ", HEADER_BYTES - 2_000)}a`],
  "Upgrade of many names": [`Upgrade: ${fill("websocket, ", HEADER_BYTES - 2_000)}`],
  cookies: [`Cookie: ${fill("a=b; ", HEADER_BYTES - 2_000)}`],
  "cookies with commas": [`Cookie: a=b${fill(", a", HEADER_BYTES - 2_000)}`],
  "Cookie, thousands of lines": many(() => "Cookie:a=b"),
  "traceparent of 60 KB": [`traceparent: 00-${fill("0", HEADER_BYTES - 2_000)}`],
  "tracestate of many": [`tracestate: ${fill("a=b,", HEADER_BYTES - 2_000)}`],
  "Authorization of 60 KB": [`Authorization: Bearer ${fill("a", HEADER_BYTES - 2_000)}`],
  "Authorization of blanks": [`Authorization: Bearer a${fill(" ", HEADER_BYTES - 2_000)}a`],
  "Authorization of underscores": [`Authorization: Bearer ${fill("a_", HEADER_BYTES - 2_000)}`],
  "Authorization of commas": [`Authorization: ${fill(",", HEADER_BYTES - 2_000)}`],
  "Authorization of quotes": [`Authorization: Digest a="${fill('\\\\",', HEADER_BYTES - 2_000)}`],
  "Authorization of Bearers": [`Authorization: Digest ${fill("bearera,", HEADER_BYTES - 2_000)}`],
  "Authorization, thousands of lines": many(() => "Authorization:a"),
  "an address of 60 KB": [`CF-Connecting-IP: ${fill("1:", HEADER_BYTES - 2_000)}`],
  "Sec-WebSocket-Key of 60 KB": ["Upgrade: websocket", `Sec-WebSocket-Key: ${fill("a", HEADER_BYTES - 2_000)}`],
};

const PREFLIGHT = ["Origin: https://app.test", "Access-Control-Request-Method: GET"];
const SESSION = "__Host-keygate_session";

export const HOSTILE: readonly HostileCase[] = [
  ...["/files/", "/workspaces/", "/signatures/"].flatMap((start) =>
    Object.entries(FILLINGS).map(([name, filling]) => ({ name: `${start}… ${name}`, path: start + filling })),
  ),
  ...Object.entries(FILLINGS).map(([name, filling]) => ({
    name: `/workspaces/…/folders/… ${name}`,
    path: `/workspaces/${filling.slice(0, filling.length / 2)}/folders/${filling.slice(filling.length / 2)}`,
  })),
  ...Object.entries(FILLINGS).map(([name, filling]) => ({
    name: `preflight /web/… ${name}`,
    method: "OPTIONS",
    path: `/web/${filling}`,
    headers: PREFLIGHT,
  })),
  ...Object.entries(QUERIES).map(([name, query]) => ({ name: `query: ${name}`, path: `/by-query/1?${query}` })),
  ...Object.entries(HEADERS).map(([name, headers]) => ({ name: `headers: ${name}`, headers })),
  ...Object.entries(FILLINGS).map(([name, filling]) => ({
    name: `Destination: ${name}`,
    method: "MOVE",
    path: "/files/a",
    headers: [`Destination: /sandbox/files/${filling}${filling}`],
  })),
  ...Object.entries(FILLINGS).flatMap(([name, filling]) =>
    [`Destination: /sandbox/nobody/${filling}`, `If: </sandbox/nobody/${filling}> (["1"])`].map((header) => ({
      name: `with a key, ${header.slice(0, 11)} ${name}`,
      method: "MOVE",
      path: "/files/a",
      key: true,
      headers: [header],
    })),
  ),
  ...['</sandbox/nobody/a> (["1"])', "<>", "(", "<", '"\\', "(<"].map((text) => ({
    name: `with a key, If of ${text}`,
    method: "MOVE",
    path: "/files/a",
    key: true,
    headers: [`If: ${fill(text)}`],
  })),
  {
    name: "preflight: Access-Control-Request-Headers",
    method: "OPTIONS",
    path: "/web/1",
    headers: [...PREFLIGHT, `Access-Control-Request-Headers: ${fill("a,", HEADER_BYTES - 2_000)}`],
  },
  {
    name: "preflight: Origin",
    method: "OPTIONS",
    path: "/web/1",
    headers: [`Origin: ${fill("a", HEADER_BYTES - 2_000)}`, PREFLIGHT[1] as string],
  },
  { name: "a URL of 64 KB: a %25 chain", path: `/workspaces/%${fill("25", TOO_LONG)}41` },
  { name: "a URL of 64 KB: dots", path: `/files/${fill(".", TOO_LONG)}x` },
  { name: "a URL of 64 KB: parameters", path: `/by-query/1?${fill("a&", TOO_LONG)}` },
  ...Object.entries(FILLINGS).map(([name, filling]) => ({
    name: `control: /errors/… ${name}`,
    plane: "control" as const,
    path: `/errors/${filling}`,
  })),
  ...Object.entries(FILLINGS).map(([name, filling]) => ({
    name: `control: /sign-in/… ${name}`,
    plane: "control" as const,
    path: `/sign-in/${filling}`,
  })),
  ...Object.entries(QUERIES).map(([name, query]) => ({
    name: `control: query: ${name}`,
    plane: "control" as const,
    path: `/?${query}`,
  })),
  ...Object.entries(QUERIES).map(([name, query]) => ({
    name: `control: API query: ${name}`,
    plane: "control" as const,
    path: `/v1/api-keys?${query}`,
  })),
  ...Object.entries(HEADERS).map(([name, headers]) => ({
    name: `control: headers: ${name}`,
    plane: "control" as const,
    path: "/v1/whoami",
    headers,
  })),
  ...["%E4x", "a", "; ", "%25", "_"].map((text) => ({
    name: `control: a session of ${text}`,
    plane: "control" as const,
    path: "/keys",
    headers: [`Cookie: ${SESSION}=${fill(text, HEADER_BYTES - 2_000)}`],
  })),
  {
    name: "control: many sessions",
    plane: "control" as const,
    path: "/keys",
    headers: [`Cookie: ${fill(`x${SESSION}=%E4x;`, HEADER_BYTES - 2_000)}`],
  },
];
