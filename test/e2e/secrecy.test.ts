import { createHash, randomBytes } from "node:crypto";
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generateSecret } from "../../src/domain/secret.ts";
import { startDirect } from "../helpers/direct.ts";
import { PROJECT, type RunningGateway, startGateway } from "../helpers/gateway.ts";
import { type Origin, startOrigin } from "../helpers/origin.ts";
import { rawRequest, sendRaw } from "../helpers/raw.ts";
import { bearing, type Key, type KeyFields, seed, someAddress } from "../helpers/seed.ts";
import { guardingText } from "./configs/base.ts";

const unknown = generateSecret("kg_live", randomBytes);

describe.for([
  { server: "the dev server", start: startGateway },
  { server: "workerd's own socket", start: startDirect },
])("Whatever is done with them, secrets are kept nowhere: $server", ({ start }) => {
  let gateway: RunningGateway;
  let origins: Origin[];
  let keys: Key[];
  const answers: string[] = [];
  /** A key where an id should be, in calls of the management API. */
  const misplaced = { secret: generateSecret("kg_test", randomBytes), answers: [] as string[] };
  let atRest: { file: string; bytes: string }[];

  /** All that must not be found, by what it is. */
  const secrets = (): [what: string, secret: string][] => [
    ...keys.flatMap(({ secret }, at): [string, string][] => [
      [`key ${at}`, secret],
      [`the bare hash of key ${at}`, sha256(secret, "hex")],
      [`the bare hash of key ${at} in base64url`, sha256(secret, "base64url")],
    ]),
    ["an unknown key", unknown],
    ["the root token", gateway.rootToken],
    ["a pepper", pepper()],
    ["a query string", "canary-in-query"],
    ["a body", "canary-in-body"],
    ["a header", "canary-in-header"],
  ];

  beforeAll(async () => {
    origins = [await startOrigin(), await startOrigin()];
    const [production, sandbox] = origins.map(({ url }) => Number(new URL(url).port)) as [number, number];
    gateway = await start(guardingText(production, sandbox));
    const tenant = await seed(gateway);
    const limited: KeyFields = { limits: { rates: [{ name: "minute", limit: 2, window: 60 }] } };
    keys = [
      await tenant.key(),
      await tenant.key({ environment: "production" }),
      await tenant.key(limited),
      await tenant.key({ scopes: ["folders:read"] }),
      await tenant.key(),
    ];
    for (const { secret, id } of keys) {
      for (const environment of ["sandbox", "production"]) await misuse(environment, secret);
      answers.push(JSON.stringify((await gateway.manage("GET", `/v1/api-keys/${id}`)).body));
    }
    await misuse("sandbox", unknown);
    const [, , , , revoked] = keys as [Key, Key, Key, Key, Key];
    answers.push(JSON.stringify((await gateway.manage("POST", `/v1/api-keys/${revoked.id}/revoke`)).body));
    await ask(["GET", "/sandbox/signatures/1"], Object.entries(bearing(revoked)));
    for (const [method, path] of [
      ["GET", ""],
      ["POST", "/revoke"],
    ] as const) {
      misplaced.answers.push(
        JSON.stringify((await gateway.manage(method, `/v1/api-keys/${misplaced.secret}${path}`)).body),
      );
    }
    const list = await gateway.manage("GET", `/v1/api-keys?organization_id=${tenant.organizationId}`);
    answers.push(JSON.stringify(list.body));
    await gateway.stop();
    atRest = globSync(join(gateway.state, "**/*"))
      .filter((file) => statSync(file).isFile() && !/(gateway\.config\.ts|output\.log)$/.test(file))
      .map((file) => ({ file, bytes: readFileSync(file, "latin1") }));
  });
  afterAll(async () => {
    gateway?.forget();
    await Promise.all(origins.map((origin) => origin.stop()));
  });

  async function ask([method, target]: [string, string], lines: [string, string][], body = "") {
    const headers: [string, string][] = [
      ["Host", `127.0.0.1:${gateway.port}`],
      ["CF-Connecting-IP", someAddress()],
      ...lines,
    ];
    const response = await sendRaw(gateway.port, rawRequest(method, target, headers, body));
    // An origin may tell what it was sent, but a refusal must not.
    if (response && response.status !== 200) answers.push(JSON.stringify(response));
  }

  /** Every way of holding a key right or wrong. */
  async function misuse(environment: string, secret: string): Promise<void> {
    const path = `/${environment}/signatures/1`;
    const good: [string, string] = ["Authorization", `Bearer ${secret}`];
    for (let n = 0; n < 3; n++) {
      await ask(["POST", `${path}?q=canary-in-query`], [good, ["X-Custom", "canary-in-header"]], "canary-in-body");
    }
    for (const value of [
      `Basic ${secret}`,
      secret,
      `Bearer  ${secret}`,
      `Bearer ${secret} ${secret}`,
      `Bearer ${secret}\x01`,
    ]) {
      await ask(["GET", path], [["Authorization", value]]);
    }
    await ask(["GET", path], [good, good]);
    await ask(["GET", `${path}?api_key=${secret}`], []);
    await ask(["GET", `${path}?api_key=${secret}x&canary-in-query`], [good]);
    await ask(["GET", `/${environment}/assets/..%2f${secret}`], [good]);
    await ask(["GET", `/${environment}/no/such/${secret}`], [good]);
    await ask(["GET", `/${secret}`], [good]);
    await ask(["TRACE", path], [good]);
    await ask(["GET", `/${environment}/by-header/1`], [good, ["X-Workspace", secret]]);
    await ask(["GET", `/${environment}/nobody/1`], [good]);
  }

  const pepper = () =>
    gateway.rootToken.startsWith("kgr_ddd")
      ? "D".repeat(43)
      : (/^KEYGATE_PEPPERS=[^:]+:(.+)$/m.exec(readFileSync(join(PROJECT, ".dev.vars"), "utf8"))?.[1] as string);

  test("the gateway's output holds none", () => {
    const output = gateway.output();
    expect(output).toContain(keys[0]?.id);
    expect(secrets().filter(([, secret]) => output.includes(secret))).toEqual([]);
  });

  test("its refusals and its management API hold none", () => {
    expect(answers.length).toBeGreaterThan(100);
    expect(secrets().filter(([, secret]) => answers.some((answer) => answer.includes(secret)))).toEqual([]);
  });

  test("a key in the path of a management call is neither logged nor sent back", () => {
    expect(misplaced.answers.every((answer) => answer.includes('"not_found"'))).toBe(true);
    expect(misplaced.answers.filter((answer) => answer.includes(misplaced.secret))).toEqual([]);
    expect(gateway.output()).not.toContain(misplaced.secret);
  });

  test("the files of its database, its KV and its Durable Objects hold none", () => {
    expect(atRest.some(({ bytes }) => bytes.includes(keys[0]?.id as string))).toBe(true);
    for (const { file, bytes } of atRest) {
      expect(
        secrets().filter(([, secret]) => bytes.includes(secret)),
        file,
      ).toEqual([]);
    }
  });

  test("no value in any table is one, and each key is there all the same", () => {
    const databases = atRest.filter(({ bytes }) => bytes.startsWith("SQLite format 3"));
    const values = databases.flatMap(({ file }) => valuesIn(file));
    expect(values.length).toBeGreaterThan(100);
    expect(secrets().filter(([, secret]) => values.some((value) => value.includes(secret)))).toEqual([]);
    for (const { id } of keys) expect(values).toContain(id);
  });
});

function sha256(text: string, encoding: "hex" | "base64url"): string {
  return createHash("sha256").update(text).digest(encoding);
}

/** Every value of every table, as text; bytes as Latin-1. */
function valuesIn(file: string): string[] {
  const database = new DatabaseSync(file, { readOnly: true });
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  const rows = tables.flatMap(({ name }) => rowsOf(database, String(name)));
  database.close();
  return rows.flatMap((row) =>
    Object.values(row).map((value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value),
    ),
  );
}

function rowsOf(database: DatabaseSync, table: string) {
  const select = database.prepare(`SELECT * FROM "${table}"`);
  select.setReadBigInts(true);
  return select.all();
}
