import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Caller } from "../../src/control/control.ts";
import { explainRequest } from "../../src/control/requests/explain.ts";
import { findRequest, listRequests, type WantedRequests } from "../../src/control/requests/find.ts";
import { standingOfKey } from "../../src/control/standing.ts";
import type { KeptRequest, Place } from "../../src/domain/kept-request.ts";
import type { KeyRecord } from "../../src/domain/key.ts";
import { readKeyRecord } from "../../src/store/key-records.ts";
import { readMember } from "../../src/store/members.ts";
import { reportTo } from "../authority/collect.ts";
import { AT_START, as, codeOf, controlOf, granted, root } from "../helpers/control.ts";
import { hoursOf, keptRequest } from "../helpers/requests.ts";
import { migrate, newId, type Seed, type SeededKey, seedKey } from "../helpers/workerd.ts";

vi.useFakeTimers({ toFake: ["Date"], now: AT_START });
afterAll(() => vi.useRealTimers());
beforeAll(migrate);
const control = controlOf();

/** As an isolate does. */
async function keep(place: Place | null, ...requests: KeptRequest[]): Promise<void> {
  await reportTo(0, { sender: crypto.randomUUID(), number: 1, requests: hoursOf(place, requests) });
}

/** A request of the key. */
async function requestOf(key: SeededKey, fields: Partial<KeptRequest> = {}): Promise<KeptRequest> {
  const { organizationId, environment, id: keyId } = key;
  const request = keptRequest({ at: AT_START - 1_000, organizationId, environment, keyId, ...fields });
  await keep({ organizationId, environment }, request);
  return request;
}

async function callerOf(key: SeededKey, role = "owner", workspaceIds: readonly string[] = []): Promise<Caller> {
  const member = await readMember(env.DB, key.memberId);
  if (!member) throw new Error("no such member");
  return as({ ...member, role, workspaceIds: [...workspaceIds] });
}

async function byKey(key: SeededKey): Promise<Caller> {
  const record = (await readKeyRecord(env.DB, key.environment, key.id)) as KeyRecord;
  return { ...root(), actor: key.id, via: key.id, standing: standingOfKey(record, control.gateway) };
}

const find = (caller: Caller, { id }: { id: string }) => findRequest(control, caller, id);
const idsOf = async (caller: Caller, wanted: WantedRequests = {}) =>
  granted(await listRequests(control, caller, wanted, { limit: 50, after: undefined })).items.map(({ id }) => id);

describe("A finished request", () => {
  test("is seen by those who manage its key, and counts as missing for others", async () => {
    const [key, other] = [await seedKey(), await seedKey()];
    const request = await requestOf(key);
    for (const caller of [root(), await callerOf(key)]) {
      expect(await find(caller, request)).toMatchObject({ id: request.id, reason: "scope_missing", alike: 1 });
    }
    expect(codeOf(await find(await callerOf(other), request))).toBe("not_found");
    expect(codeOf(await find(await callerOf(key, "member"), request))).toBe("scope_missing");
    expect(codeOf(await find(root(), { id: `req_${"0".repeat(32)}` }))).toBe("not_found");
    expect(codeOf(await find(root(), { id: "nonsense" }))).toBe("not_found");
  });

  test("of a workspace key is seen by those who belong to all of its workspaces", async () => {
    const key = await seedKey({ reach: "workspace" });
    const request = await requestOf(key);
    const within = await callerOf(key, "admin", [key.workspaceIds[0] as string]);
    const without = await callerOf(key, "admin", [key.workspaceIds[1] as string]);
    expect(codeOf(await find(within, request))).toBe("granted");
    expect(codeOf(await find(without, request))).toBe("not_found");
    expect(await idsOf(within)).toEqual([request.id]);
    expect(await idsOf(without)).toEqual([]);
  });

  test("of another environment is not seen by a key of the sandbox", async () => {
    const key = await seedKey();
    const live = { ...key, environment: "production" };
    const [own, foreign] = [await requestOf(key), await requestOf(live, { keyId: newId("key") })];
    const caller = await byKey(key);
    expect(codeOf(await find(caller, own))).toBe("granted");
    expect(codeOf(await find(caller, foreign))).toBe("not_found");
    expect(await idsOf(caller)).toEqual([own.id]);
    expect((await idsOf(await callerOf(key))).sort()).toEqual([own.id, foreign.id].sort());
  });

  test("of no known organization is seen by the root token alone", async () => {
    const key = await seedKey();
    const request = keptRequest({
      at: AT_START,
      keyId: null,
      organizationId: null,
      reason: "key_unknown",
      status: 401,
    });
    await keep(null, request);
    expect(codeOf(await find(root(), request))).toBe("granted");
    expect(codeOf(await find(await callerOf(key), request))).toBe("not_found");
    expect(await idsOf(root())).toContain(request.id);
    expect(await idsOf(await callerOf(key))).toEqual([]);
  });

  test("of a deleted key is seen by the root token, and by those who manage every key", async () => {
    const key = await seedKey();
    const request = await requestOf(key, { keyId: "key_deleted" });
    expect(codeOf(await find(await callerOf(key), request))).toBe("granted");
    expect(await idsOf(root(), { keyId: "key_deleted", organizationId: key.organizationId })).toEqual([request.id]);
    expect(codeOf(await explainRequest(control, root(), request.id))).toBe("granted");
  });

  test("is listed by its key, over pages", async () => {
    const key = await seedKey();
    const all = [];
    for (let n = 0; n < 5; n++) all.push(await requestOf(key, { at: AT_START - 10_000 + n }));
    await requestOf(key, { keyId: "key_other" });
    const found: string[] = [];
    let after: Parameters<typeof listRequests>[3]["after"];
    do {
      const page = granted(await listRequests(control, root(), { keyId: key.id }, { limit: 2, after }));
      found.push(...page.items.map(({ id }) => id));
      after = page.next;
    } while (after);
    expect(found).toEqual(all.map(({ id }) => id).reverse());
  });
});

interface Case {
  readonly of: string;
  readonly seed?: Seed;
  readonly kept: Partial<KeptRequest>;
  /** What is said of then, of now and of the change. */
  readonly decided: string;
  readonly now: string | null;
  readonly change: string;
}

const scopeMissing = (required: string, lacking: string) => ({
  members: { required_scopes: [required], lacking_in: [lacking] },
});

const CASES: readonly Case[] = [
  {
    of: "a scope that the key was not granted",
    seed: { scopes: ["folders:read"] },
    kept: scopeMissing("signatures:read", "scopes"),
    decided: "This call needs signatures:read, which the key was not granted.",
    now: "scope_missing",
    change: "Add signatures:read to the scopes of KEY.",
  },
  {
    of: "a read-only key",
    seed: { permission: "read-only" },
    kept: { method: "POST", ...scopeMissing("signatures:write", "permission") },
    decided: "This call needs signatures:write, which its read-only permission leaves out.",
    now: "scope_missing",
    change: "Change the permission of KEY from read-only to full-access.",
  },
  {
    of: "a scope that was granted since",
    kept: scopeMissing("signatures:read", "scopes"),
    decided: "This call needs signatures:read, which the key was not granted.",
    now: "allowed",
    change: "Nothing: the gateway would allow the request now. Send it again.",
  },
  {
    of: "a role",
    seed: { role: "member" },
    kept: { method: "DELETE", ...scopeMissing("signatures:delete", "role") },
    decided: "This call needs signatures:delete, which its member's role does not have.",
    now: "scope_missing",
    change: "Give the member of KEY a role that has signatures:delete.",
  },
  {
    of: "a disabled key",
    seed: { disabledAt: 5 },
    kept: { reason: "key_disabled", status: 401, members: {} },
    decided: "The key is disabled.",
    now: "key_disabled",
    change: "Enable KEY.",
  },
  {
    of: "an old secret",
    kept: { reason: "key_expired", status: 401, members: {} },
    decided: "The key, or this secret of the key, has expired.",
    now: "allowed",
    change: "Use the newest secret of the key",
  },
  {
    of: "the other environment",
    kept: { reason: "environment_mismatch", environment: "production", members: { key_environment: "sandbox" } },
    decided: "The key belongs to one environment and was sent to the base URL of another.",
    now: "environment_mismatch",
    change: "Call https://sandbox.example.com/v1, or use a key of production.",
  },
  {
    of: "an address that was kept",
    seed: { allowedAddresses: ["203.0.113.0/24"] },
    kept: { reason: "address_forbidden", clientAddress: "198.51.100.7", members: {} },
    decided: "The key cannot be used from 198.51.100.7.",
    now: "address_forbidden",
    change: "Add 198.51.100.7 to the allowed addresses of KEY.",
  },
  {
    of: "an address that was not kept",
    seed: { allowedAddresses: ["203.0.113.0/24"] },
    kept: { reason: "address_forbidden", members: {} },
    decided: "The key can be used only from certain addresses",
    now: null,
    change: "Add the client's address to the allowed addresses of KEY.",
  },
  {
    of: "a workspace",
    seed: { reach: "workspace" },
    kept: {
      reason: "workspace_forbidden",
      route: "/workspaces/:workspace/folders/*",
      members: { workspace: `ws_${"0".repeat(32)}` },
    },
    decided: `The key does not reach the workspace ws_${"0".repeat(32)}.`,
    now: "workspace_forbidden",
    change: `Add ws_${"0".repeat(32)} to the workspaces of KEY, or use a key that reaches it.`,
  },
  {
    of: "a rate",
    seed: { plan: "free" },
    kept: { reason: "rate_exceeded", status: 429, members: { violated_policies: ["minute"], retry_after_ms: 11_500 } },
    decided: 'The rate "minute" of this key is used up. Try again in 12 s.',
    now: "allowed",
    change: "Nothing needs to change: send the request again.",
  },
  {
    of: "a path that can be read in two ways",
    kept: { reason: "path_ambiguous", status: 400, route: "", members: { problem: "it has an empty segment" } },
    decided: "The path can be read in more than one way: it has an empty segment.",
    now: null,
    change: "Send the path as the API documents it",
  },
  {
    of: "a route that is no longer configured",
    kept: { route: "/gone/*", ...scopeMissing("signatures:read", "scopes") },
    decided: "This call needs signatures:read, which the key was not granted.",
    now: null,
    change: "Add signatures:read to the scopes of KEY.",
  },
  {
    of: "an origin's error",
    kept: { reason: null, status: 500, members: {}, origin: "signatures", originStatus: 500 },
    decided: "The gateway forwarded the request to the origin signatures, which answered 500.",
    now: "allowed",
    change: "Look for the trace 0af7651916cd43dd8448eb211c80319c",
  },
  {
    of: "a code of another version",
    kept: { reason: "of_another_version", status: 418, members: {} },
    decided: "of_another_version",
    now: "allowed",
    change: "Nothing",
  },
];

describe("A finished request is explained: what was decided then and now, and what to change", () => {
  test.each(CASES)("$of", async ({ seed, kept, decided, now, change }) => {
    const key = await seedKey(seed);
    const request = await requestOf(key, kept);
    const past = granted(await explainRequest(control, root(), request.id));
    expect(past.request.id).toBe(request.id);
    expect(past.decided).toMatchObject({ allowed: kept.reason === null, status: request.status });
    expect(past.decided.detail).toContain(decided);
    const decision = past.now?.decision;
    expect(decision ? (decision.code ?? "allowed") : null).toBe(now);
    expect(past.change.join(" ")).toContain(change.replaceAll("KEY", key.id));
  });

  test.each([
    [
      "below the base URL that was called",
      "/v1/signatures/1/pages",
      "https://sandbox.example.com/v1/signatures/1/pages",
    ],
    ["below a base URL that is no longer there", "/signatures/1", "https://sandbox.example.com/v1/signatures/1"],
  ])("with its own path, if that was kept: %s", async (_, path, url) => {
    const key = await seedKey({ scopes: ["folders:read"] });
    const { id } = await requestOf(key, { path });
    const past = granted(await explainRequest(control, root(), id));
    expect(past.assumed).toBe(`For GET ${url}.`);
    expect(past.now?.decision.code).toBe("scope_missing");
  });

  test("below the base URL of its environment that fits its path best, where there are several", async () => {
    const environment = control.gateway.environments.sandbox;
    const baseUrls = new Map([
      ["all.test", [{ scheme: "https:" as const, prefix: "", environment }]],
      ["old.test", [{ scheme: "https:" as const, prefix: "/api/old", environment }]],
    ]);
    const several = { ...control, gateway: { ...control.gateway, baseUrls } };
    const key = await seedKey({ scopes: ["folders:read"] });
    const assumed = async (path: string) => {
      const { id } = await requestOf(key, { path });
      return granted(await explainRequest(several, root(), id)).assumed;
    };
    expect(await assumed("/api/old/signatures/1")).toBe("For GET https://old.test/api/old/signatures/1.");
    expect(await assumed("/signatures/1")).toBe("For GET https://all.test/signatures/1.");
  });
});
