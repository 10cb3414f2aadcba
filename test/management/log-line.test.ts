import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { fieldsOf } from "../helpers/line-contract.ts";
import { captureLog, type Line } from "../helpers/log-lines.ts";
import { migrate, newClient } from "../helpers/workerd.ts";
import { CONTROL, call, makeKey, setUp, worker } from "./call.ts";

beforeAll(migrate);
afterEach(() => {
  vi.restoreAllMocks();
});

const seen = new Set<string>();
const members = new Set<string>();

/** The line that the control plane logs of what `work` asks it, and the answer. */
async function lineOf(work: () => Promise<{ status: number; headers: Headers }>): Promise<Line> {
  const lines: Line[] = [];
  captureLog((line) => lines.push(JSON.parse(line)));
  const { status, headers } = await work();
  vi.restoreAllMocks();
  const own = lines.filter(({ kind }) => kind === "control");
  expect(own).toHaveLength(1);
  const [line] = own as [Line];
  expect([line.request_id, line.status]).toEqual([headers.get("X-Request-Id"), status]);
  for (const name of Object.keys(line)) seen.add(name);
  for (const name of Object.keys(line.reason_members ?? {})) members.add(name);
  return line;
}

const asKey = (secret: string) => ({ Authorization: `Bearer ${secret}` });

describe("the line of a request to the control plane", () => {
  test("of the root token has the operation, and who acted", async () => {
    const line = await lineOf(() =>
      call("POST", "/v1/organizations", { name: "canary" }, { "CF-Connecting-IP": "203.0.113.7" }),
    );
    expect(line).toMatchObject({
      level: "info",
      method: "POST",
      route: "/v1/organizations",
      operation: "createOrganization",
      status: 201,
      actor: "root",
      via: "root",
      client_address: "203.0.113.0/24",
      time: expect.any(Number),
      control_ms: expect.any(Number),
    });
    for (const name of ["key_id", "organization_id", "reason"]) expect(line).not.toHaveProperty(name);
  });

  test("of the root token that acts as a member has the member", async () => {
    const { member, organization } = await setUp();
    const line = await lineOf(() => call("GET", "/v1/whoami", undefined, { "Keygate-Act-As": member.id }));
    expect(line).toMatchObject({ actor: member.id, via: "root", organization_id: organization.id });
    expect(line).not.toHaveProperty("key_id");
  });

  test("of a key has the key, and the member that it acts as", async () => {
    const { member, organization, keyBody } = await setUp();
    const key = await makeKey({ ...keyBody, scopes: ["api_keys:read"] });
    const list = `/v1/api-keys?organization_id=${organization.id}&q=canary`;
    const line = await lineOf(() => call("GET", list, undefined, asKey(key.secret)));
    expect(line).toMatchObject({
      operation: "listApiKeys",
      status: 200,
      actor: member.id,
      via: "key",
      key_id: key.id,
      organization_id: organization.id,
    });
  });

  test("of a signed-in member has the member, and the page as registered", async () => {
    const { member, organization } = await setUp();
    const link = await call("POST", "/v1/sign-in-links", { member_id: member.id });
    const token = link.body.url.slice(link.body.url.lastIndexOf("/") + 1);
    let cookie = "";
    const pressed = await lineOf(async () => {
      const signedIn = await worker.fetch(link.body.url, {
        method: "POST",
        headers: { Origin: CONTROL },
        redirect: "manual",
      });
      cookie = signedIn.headers.getSetCookie()[0]?.split(";")[0] ?? "";
      return signedIn;
    });
    expect(pressed).toMatchObject({ route: "/sign-in/:token", status: 303 });
    const line = await lineOf(() =>
      worker.fetch(`${CONTROL}/keys/key_${"0".repeat(32)}`, { headers: { Cookie: cookie } }),
    );
    expect(line).toMatchObject({
      route: "/keys/:id",
      status: 404,
      reason: "not_found",
      actor: member.id,
      via: "session",
      organization_id: organization.id,
    });
    for (const secret of [token, cookie.slice(cookie.indexOf("=") + 1)])
      expect(JSON.stringify([pressed, line])).not.toContain(secret);
  });

  test("that is refused has the code, and its members where these say nothing of the request", async () => {
    const { keyBody, member } = await setUp({ key_quota: 1, environments: ["production"] });
    expect(await lineOf(() => call("POST", "/v1/api-keys", keyBody))).toMatchObject({
      operation: "createApiKey",
      reason: "environment_not_allowed",
      reason_members: { environment: "sandbox" },
    });
    await makeKey({ ...keyBody, environment: "production" });
    expect(await lineOf(() => call("POST", "/v1/api-keys", { ...keyBody, environment: "production" }))).toMatchObject({
      reason: "key_quota_reached",
      reason_members: { limit: 1 },
      actor: "root",
    });
    const invalid = await lineOf(() => call("PATCH", `/v1/members/${member.id}`, { canary: "canary@example.com" }));
    expect(invalid).toMatchObject({ reason: "validation_failed" });
    expect(JSON.stringify(invalid)).not.toContain("canary");
  });

  test("that is refused before it is known who calls has the operation and the code", async () => {
    const headers = { ...asKey("canary"), "CF-Connecting-IP": newClient() };
    const line = await lineOf(() => call("GET", "/v1/api-keys/canary", undefined, headers));
    expect(line).toMatchObject({ operation: "readApiKey", status: 401, reason: "token_invalid" });
    for (const name of ["actor", "via", "key_id"]) expect(line).not.toHaveProperty(name);
    expect(JSON.stringify(line)).not.toContain("canary");
  });

  test("of a sign-in link that does not exist, and of a page for nobody, has the code", async () => {
    const dead = await lineOf(() => worker.fetch(`${CONTROL}/sign-in/canarytoken`));
    expect(dead).toMatchObject({ route: "/sign-in/:token", reason: "sign_in_link_invalid", status: 401 });
    const lost = await lineOf(() => worker.fetch(`${CONTROL}/canarypath?canaryquery`));
    expect(lost).toMatchObject({ reason: "not_found", status: 404 });
    expect(JSON.stringify([dead, lost])).not.toContain("canary");
  });

  test("of a request that asked for nothing secret is there too: error pages, the description of the API, health", async () => {
    for (const path of ["/errors/key_unknown", "/v1/openapi.json", "/readyz"]) {
      expect(await lineOf(() => worker.fetch(CONTROL + path))).toMatchObject({ method: "GET", status: 200 });
    }
  });

  test("had every field of the contract in these tests, and no other", () => {
    expect([...seen].sort()).toEqual(fieldsOf("control"));
    expect([...members].sort()).toEqual(["environment", "limit"]);
  });
});

test("a failure of storage is a message with the id of the request, beside its line", async () => {
  const lines: Line[] = [];
  captureLog((line) => lines.push(JSON.parse(line)));
  await env.DB.prepare("ALTER TABLE audit_events RENAME TO elsewhere").run();
  const { status, headers } = await call("POST", "/v1/organizations", { name: "Acme" });
  await env.DB.prepare("ALTER TABLE elsewhere RENAME TO audit_events").run();
  expect(status).toBe(503);
  const id = headers.get("X-Request-Id");
  expect(lines).toMatchObject([
    { kind: "message", level: "error", message: expect.stringContaining("D1: ") },
    { kind: "message", level: "error", message: expect.stringContaining("D1: "), request_id: id },
    { kind: "control", level: "error", reason: "key_store_unavailable", request_id: id },
  ]);
});

test("other fields of messages are those that the tests of retention and of tombstones see", () => {
  const frame = ["version", "kind", "level", "message", "request_id"];
  expect(fieldsOf("message")).toEqual([...frame, "deleted", "d1_bytes", "d1_limit_bytes", "ids"].sort());
});
