import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Caller } from "../../src/control/control.ts";
import { explain } from "../../src/control/explain/explain.ts";
import type { Explanation, Step } from "../../src/control/explain/explanation.ts";
import type { Question } from "../../src/control/explain/request.ts";
import { standingOfKey } from "../../src/control/standing.ts";
import type { KeyRecord } from "../../src/domain/key.ts";
import { isRefusal, type Refusal } from "../../src/errors.ts";
import type { MemberRecord } from "../../src/records/member.ts";
import { readKeyRecord } from "../../src/store/key-records.ts";
import { readMember } from "../../src/store/members.ts";
import { askLease } from "../authority/ask.ts";
import { as, codeOf, GATEWAY, granted, root } from "../helpers/control.ts";
import { migrate, newId, newSecret, type Seed, type SeededKey, seedKey } from "../helpers/workerd.ts";
import { explainTo, surroundings } from "./explain.ts";

beforeAll(migrate);

const SANDBOX = "https://sandbox.example.com/v1";
const GET = { method: "GET", url: `${SANDBOX}/signatures/1` };

const explained = async (question: Partial<Question>, caller: Caller = root()): Promise<Explanation> =>
  granted(await explainTo(GATEWAY, { ...GET, ...question }, caller));
const decided = async (question: Partial<Question>, caller?: Caller) =>
  (await explained(question, caller)).decision.code;
const stepOf = ({ steps }: Explanation, check: Step["check"]) => steps.find((step) => step.check === check);

const memberOf = async ({ memberId }: SeededKey) => (await readMember(env.DB, memberId)) as MemberRecord;
async function keyAs(key: SeededKey): Promise<Caller> {
  const record = (await readKeyRecord(env.DB, key.environment, key.id)) as KeyRecord;
  const standing = standingOfKey(record, GATEWAY);
  return { actor: standing.memberId ?? key.id, via: key.id, requestId: newId("req"), standing };
}

describe("an explanation", () => {
  test("of a good request names the steps of the pipeline, the route, the scope, the origin and the path it gets", async () => {
    const key = await seedKey();
    const { decision, steps, ...rest } = await explained({ keyId: key.id, url: `${GET.url}?page=2` });
    expect(decision).toEqual({ allowed: true, status: null, code: null, fix: null, detail: expect.any(String) });
    expect(steps.map(({ step, check, outcome }) => `${step} ${check} ${outcome}`)).toEqual([
      "environment base_url passed",
      "environment size passed",
      "environment upgrade passed",
      "route path passed",
      "identify url passed",
      "identify credential passed",
      "lease life passed",
      "lease plan passed",
      "lease secret passed",
      "authorize environment passed",
      "authorize address passed",
      "authorize workspace passed",
      "authorize scope passed",
      "spend limits passed",
      "forward origin passed",
    ]);
    expect(steps.find(({ check }) => check === "path")?.detail).toBe("The route /signatures/*.");
    expect(steps.at(-1)?.detail).toBe("Forwarded to the origin signatures as GET /signatures/1.");
    expect(rest).toMatchObject({
      requiredScope: "signatures:read",
      lackingIn: [],
      key: {
        id: key.id,
        organizationId: key.organizationId,
        environment: "sandbox",
        baseUrl: SANDBOX,
        workspaces: null,
      },
    });
    expect(rest.key?.scopes).toContain("signatures:delete");
  });

  test("tells all that is wrong at once, and decides as the gateway does", async () => {
    const key = await seedKey({
      environment: "production",
      role: "member",
      reach: "workspace",
      scopes: ["folders:read"],
      permission: "read-only",
      disabledAt: 2,
      allowedAddresses: ["203.0.113.0/24"],
    });
    const told = await explained({
      keyId: key.id,
      method: "DELETE",
      url: `${SANDBOX}/workspaces/ws_other/folders/1`,
      clientAddress: "192.0.2.1",
    });
    expect(told.decision).toMatchObject({ allowed: false, status: 401, code: "key_disabled" });
    expect(told.steps.flatMap(({ code }) => code ?? [])).toEqual([
      "key_disabled",
      "environment_mismatch",
      "address_forbidden",
      "workspace_forbidden",
      "scope_missing",
    ]);
    expect(told).toMatchObject({ requiredScope: "folders:delete", lackingIn: ["scopes", "role", "permission"] });
    expect(told.key?.workspaces).toEqual([key.workspaceIds[0]]);
  });

  test.each<[string, Seed, string[]]>([
    ["scopes", { scopes: ["folders:write"] }, ["scopes"]],
    ["role", { role: "member", scopes: ["admin"] }, ["role"]],
    ["permission", { permission: "read-only" }, ["permission"]],
    ["reach", { reach: "workspace" }, ["reach"]],
  ])("names %s where only that leaves the scope out", async (_, seed, lacking) => {
    const key = await seedKey(seed);
    const told = await explained({ keyId: key.id, method: "DELETE", url: `${SANDBOX}/teammates/1` });
    expect([told.decision.code, told.requiredScope, told.lackingIn]).toEqual([
      "scope_missing",
      "teammates:delete",
      lacking,
    ]);
  });

  test("spends nothing, and tells what is left", async () => {
    const key = await seedKey({ limits: { rates: [{ name: "hourly", limit: 2, window: 3_600 }] } });
    for (let i = 0; i < 5; i++) {
      expect(stepOf(await explained({ keyId: key.id }), "limits")?.detail).toBe("Left: 2 of 2 (hourly).");
    }
    expect((await askLease(key, { waiting: 2 })).tokens).toBe(2);
    expect(await decided({ keyId: key.id })).toBe("rate_exceeded");
  });

  test("takes the client to be where the key allows it, if it is not told", async () => {
    const key = await seedKey({ allowedAddresses: ["2001:db8::/32", "203.0.113.0/24"] });
    const told = await explained({ keyId: key.id });
    expect([told.decision.allowed, stepOf(told, "address")?.detail]).toEqual([
      true,
      "The key can be used only from 2001:db8::/32, 203.0.113.0/24; this explanation assumes such a client.",
    ]);
    expect(await decided({ keyId: key.id, clientAddress: "192.0.2.1" })).toBe("address_forbidden");
  });

  test("goes by the limits that the key's authority heard of, where its plan is not in this configuration", async () => {
    const key = await seedKey({ plan: "gold" });
    expect((await explained({ keyId: key.id })).decision.code).toBe("plan_unknown");
    const rates = [{ name: "hourly", limit: 2, window: 3_600, burst: 2 }];
    await askLease(key, { plans: { gold: { rates, quotas: [] } } });
    const explanation = await explained({ keyId: key.id });
    expect(explanation.decision.allowed).toBe(true);
    expect(stepOf(explanation, "limits")?.detail).toBe("Left: 1 of 2 (hourly).");
  });

  test("cannot be given while the key's authority cannot tell the limits", async () => {
    const key = await seedKey({ limits: { rates: [{ name: "hourly", limit: 2, window: 3_600 }] } });
    const control = { ...surroundings(GATEWAY), readLimits: () => Promise.reject(new Error("down")) };
    expect(codeOf(await explain(control, root(), { ...GET, keyId: key.id }))).toBe("authority_unavailable");
  });
});

describe("who may have what explained", () => {
  test("is who manages the key: by its id another's does not exist, and by its secret it is unknown", async () => {
    const [key, foreign] = [await seedKey(), await seedKey()];
    const owner = as(await memberOf(key));
    expect(await decided({ keyId: key.id }, owner)).toBeNull();
    expect(await decided({ key: key.secret }, owner)).toBeNull();
    expect(codeOf(await explainTo(GATEWAY, { ...GET, keyId: foreign.id }, owner))).toBe("not_found");
    const ofForeign = await explained({ key: foreign.secret }, owner);
    expect(ofForeign.decision.code).toBe("key_unknown");
    expect(ofForeign).toEqual(await explained({ key: newSecret() }, owner));
    expect(await decided({ key: foreign.secret })).toBeNull();
  });

  test("is nobody without api_keys:read, whatever they ask about", async () => {
    const key = await seedKey({ role: "member" });
    const member = as(await memberOf(key));
    for (const question of [{ keyId: key.id }, { key: key.secret }, { keyId: "key_none" }, {}]) {
      expect(codeOf(await explainTo(GATEWAY, { ...GET, ...question }, member))).toBe("scope_missing");
    }
  });

  test("is, with a key of the sandbox, no key of production", async () => {
    const caller = await seedKey({ scopes: ["admin"] });
    const other = await seedKey({ environment: "production" });
    await env.DB.prepare("UPDATE api_keys SET organization_id = ?1, member_id = ?2 WHERE id = ?3")
      .bind(caller.organizationId, caller.memberId, other.id)
      .run();
    const sandboxKey = await keyAs(caller);
    expect(await decided({ key: caller.secret }, sandboxKey)).toBeNull();
    expect(await decided({ key: other.secret }, sandboxKey)).toBe("key_unknown");
    expect(codeOf(await explainTo(GATEWAY, { ...GET, keyId: other.id }, sandboxKey))).toBe("not_found");
    expect(await decided({ key: other.secret }, as(await memberOf(caller)))).toBe("environment_mismatch");
  });
});

describe("a question", () => {
  test.each<[string, Partial<Question>, string]>([
    ["a URL that is none", { url: "sandbox.example.com" }, "url"],
    ["another scheme", { url: "ftp://sandbox.example.com/v1/a" }, "url"],
    ["a password in the URL", { url: "https://a:b@sandbox.example.com/v1/a" }, "url"],
    ["a URL of the control plane", { url: "https://keys.example.com/v1/api-keys" }, "url"],
    ["an address that is none", { clientAddress: "somewhere" }, "client_address"],
    ["a header that cannot be sent", { headers: { "X-A": "a\r\nb" } }, "headers"],
    ["a name that no header has", { headers: { "X A": "a" } }, "headers"],
    ["a key that cannot be sent", { key: "a\nb" }, "key"],
    ["two keys", { key: "a", keyId: "key_1" }, "key"],
    ["a key beside an Authorization", { key: "a", headers: { authorization: "Bearer b" } }, "key"],
  ])("with %s is refused, and names the field", async (_, question, field) => {
    const refusal = (await explainTo(GATEWAY, { ...GET, ...question })) as Extract<
      Refusal,
      { code: "validation_failed" }
    >;
    expect([refusal.code, refusal.errors.map((error) => error.field)]).toEqual(["validation_failed", [field]]);
  });

  test("with a secret anywhere is answered without it", async () => {
    const key = await seedKey({ reach: "workspace" });
    const { secret } = key;
    const places: Partial<Question>[] = [
      { key: secret },
      { key: `${secret} ` },
      { key: `${secret},${secret}` },
      { headers: { Authorization: `Basic ${secret}` } },
      { url: `${SANDBOX}/signatures/1?key=${secret}` },
      { url: `${SANDBOX}/signatures/${secret}` },
      { url: `${SANDBOX}/workspaces/${secret}/folders/1` },
      { url: `${SANDBOX}/whoami#${secret}` },
      { url: `https://elsewhere.test/${secret}` },
      { url: `https://${secret}@sandbox.example.com/v1` },
      { url: secret },
      { keyId: secret },
      { clientAddress: secret },
      { headers: { [secret]: secret } },
      { headers: { "X-A": `${secret}\n` } },
    ];
    const answers = await Promise.all(
      places.map((place) =>
        explainTo(GATEWAY, { ...GET, ...(place.keyId || place.headers ? {} : { key: secret }), ...place }),
      ),
    );
    expect(answers.filter((answer) => !isRefusal(answer)).length).toBeGreaterThan(6);
    expect(JSON.stringify(answers)).not.toContain(secret.slice(8, 16));
  });

  test("leaves no trace in the audit trail", async () => {
    const key = await seedKey();
    await explained({ key: key.secret });
    const rows = await env.DB.prepare("SELECT count(*) AS rows FROM audit_events WHERE organization_id = ?")
      .bind(key.organizationId)
      .first("rows");
    expect(rows).toBe(0);
  });
});
