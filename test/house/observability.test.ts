import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Schema, Validator } from "@cfworker/json-schema";
import { describe, expect, test } from "vitest";
import { read } from "./sources.ts";

interface Field {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: { readonly type: string };
  readonly unit?: string;
  readonly description: string;
}

const schema = JSON.parse(read("docs/log-line.schema.json"));
const page = read("docs/observability.md");
const kinds = Object.entries<{ properties: Record<string, Field> }>(schema.$defs);

function typeOf(field: Field): string {
  if (field.const !== undefined) return `\`${JSON.stringify(field.const)}\``;
  if (field.enum) return field.enum.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  const { type = "object", items, unit } = field;
  const name = items ? `array of ${items.type}s` : [type].flat().join(" or ");
  return unit ? `${name}, ${unit}` : name;
}

describe("docs/observability.md", () => {
  test.for(kinds)(
    "has every field of a %s with its type, unit and meaning, in the order of the schema",
    ([, { properties }]) => {
      const rows = Object.entries(properties).map(
        ([name, field]) => `| \`${name}\` | ${typeOf(field)} | ${field.description} |`,
      );
      expect(page).toContain(["| field | type | meaning |", "|---|---|---|", ...rows, ""].join("\n"));
    },
  );

  test("says of each kind of line when it is written", () => {
    for (const [kind] of kinds.filter(([name]) => name !== "reason_members"))
      expect(page).toMatch(new RegExp(`^\\| \`${kind}\` \\| \\w`, "m"));
  });
});

const id = (n: number) => `req_${String(n).padStart(32, "0")}`;
const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const request = (n: number, fields: object) => ({
  version: 1,
  kind: "request",
  level: "info",
  time: 1_790_000_000_000 + n,
  request_id: id(n),
  trace_id: trace,
  decision: "forwarded",
  status: 200,
  environment: "production",
  method: "GET",
  route: "/files/*",
  key_id: "key_1",
  gateway_ms: 0,
  request_bytes: 0,
  response_bytes: null,
  ...fields,
});
const refused = (n: number, status: number, reason: string, reason_members: object, fields: object = {}) =>
  request(n, { decision: "refused", status, reason, reason_members, ...fields });
const control = (n: number, fields: object) => ({
  version: 1,
  kind: "control",
  level: "info",
  time: 1,
  request_id: id(n),
  method: "POST",
  route: "/v1/api-keys",
  status: 201,
  control_ms: 3,
  ...fields,
});
const limited = { violated_policies: ["minute"], retry_after_ms: 900, limit: 60, window_seconds: 60 };

const LINES = [
  request(1, { origin: "main", origin_status: 200, origin_ms: 12 }),
  request(2, { origin: "main", origin_status: 200, origin_ms: 80, route: "/slow", key_id: "key_2", gateway_ms: 4 }),
  refused(3, 403, "scope_missing", { required_scopes: ["files:write"], lacking_in: ["scopes"] }, { method: "POST" }),
  ...[4, 5].map((n) => refused(n, 429, "rate_exceeded", limited, { key_id: "key_2" })),
  refused(6, 429, "quota_exceeded", { ...limited, violated_policies: ["day"] }),
  control(7, { operation: "createApiKey", actor: "mem_1", via: "key", key_id: "key_1" }),
  control(8, { method: "GET", operation: "listApiKeys", status: 200, actor: "root", via: "root" }),
  { version: 1, kind: "message", level: "error", message: "D1: Network connection lost.", request_id: id(9) },
];

/** As `wrangler tail --format json` prints what one invocation logged: an object of many lines. */
const TAILED = LINES.map((line) =>
  JSON.stringify(
    {
      outcome: "ok",
      scriptName: "keygate",
      exceptions: [],
      logs: [
        { message: [JSON.stringify(line)], level: "log", timestamp: 1 },
        { message: ["not JSON"], level: "log", timestamp: 1 },
      ],
      eventTimestamp: 1,
      event: { request: { url: "https://api.example.com/files/1" } },
    },
    null,
    2,
  ),
);

const EXPECTED: readonly (readonly unknown[])[] = [
  [LINES[0]],
  [["key_1", "/files/*", "files:write"]],
  [
    [200, "forwarded", "/files/*", 0, 12],
    [403, "scope_missing", "/files/*", 0, null],
    [429, "quota_exceeded", "/files/*", 0, null],
  ],
  [
    ["key_2", "minute", 2],
    ["key_1", "day", 1],
  ],
  [
    ["production", "/slow", 80],
    ["production", "/files/*", 12],
  ],
  [["mem_1", "key", "key_1", "createApiKey", 201, null]],
  ["D1: Network connection lost."],
  // Of wrangler tail.
  [LINES[0]],
  [["key_1", "/files/*", "files:write"]],
  [
    [200, "forwarded", "/files/*"],
    [403, "scope_missing", "/files/*"],
    [429, "quota_exceeded", "/files/*"],
    [201, null, "/v1/api-keys"],
  ],
];

const hasJq = spawnSync("jq", ["--version"]).status === 0;

describe.skipIf(!hasJq)("the recipes in docs/observability.md", () => {
  const recipes = page.split("\n").filter((line) => /^(?:npx wrangler tail .*\| )?jq /.test(line));

  test("read lines of the contract", () => {
    const validator = new Validator(schema as Schema, "2020-12");
    for (const line of LINES) expect(validator.validate(line).errors).toEqual([]);
    expect(recipes).toHaveLength(EXPECTED.length);
  });

  test.for(recipes.map((recipe, n) => [recipe, EXPECTED[n]] as const))(
    "find what they say: %s",
    ([recipe, expected]) => {
      const folder = mkdtempSync(join(tmpdir(), "keygate-recipes-"));
      try {
        writeFileSync(join(folder, "gateway.log"), LINES.map((line) => `${JSON.stringify(line)}\n`).join(""));
        writeFileSync(join(folder, "tailed"), TAILED.join("\n"));
        const command = recipe.replace(/^npx wrangler tail --format json --search \S+ \|/, "cat tailed |");
        const output = execFileSync("sh", ["-c", command], { cwd: folder, encoding: "utf8" });
        expect(
          output
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line)),
        ).toEqual(expected);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});
