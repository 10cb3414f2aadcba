import { beforeAll, describe, expect, test } from "vitest";
import { authorize } from "../../../src/decide/authorize.ts";
import type { Principal } from "../../../src/decide/principal.ts";
import { findRoute } from "../../../src/decide/route.ts";
import type { Refusal } from "../../../src/errors.ts";
import type { Admission, Scheme } from "../../../src/gateway/admit/scheme.ts";
import { migrate, newClient, type SeededKey, seedKey } from "../../helpers/workerd.ts";
import { buildPlane, codeOf, gateway, PRODUCTION, requestWith, SANDBOX, send } from "../plane.ts";

let key: SeededKey;
beforeAll(async () => {
  await migrate();
  key = await seedKey();
});

const PARTNER: Principal = {
  subject: "partner_1",
  organization: "org_partner",
  member: null,
  environment: "sandbox",
  rights: { effective: new Set(["folders:read"]), workspaces: new Set(["ws_b", "ws_a"]), lacking: () => ["scopes"] },
  allowedAddresses: [],
  expiresAt: Date.UTC(2100, 0),
  account: { environment: "sandbox", keyId: "key_partner", hash: "" },
};

/** Of requests with the header `Partner`, which is the credential. `admits`: what it says of them. */
function partners(admits: (name: string) => Principal | Refusal = () => PARTNER) {
  const asked: string[] = [];
  const scheme: Scheme<string> = {
    read: (headers) => {
      const name = headers.get("partner");
      asked.push(name ?? "skipped");
      return name === "malformed"
        ? { code: "credentials_malformed", problem: "it is no partner" }
        : (name ?? undefined);
    },
    async admit(name): Promise<Admission> {
      const outcome = admits(name);
      return { outcome, caller: undefined, foundIn: undefined, account: undefined, policies: [] };
    },
    readmit: async () => undefined,
  };
  return { scheme, asked };
}

function planeWith(scheme: Scheme, where: "first" | "last" = "first") {
  const plane = buildPlane();
  const schemes = where === "first" ? [scheme, ...plane.schemes] : [...plane.schemes, scheme];
  return { ...plane, schemes };
}

const asPartner = (name: string, path = "/files/a", base = SANDBOX) =>
  new Request(`${base}${path}`, { headers: { Partner: name } });
const address = newClient();

describe("A credential of another scheme", () => {
  test("is taken by its scheme, and the origin is told of its principal", async () => {
    const plane = planeWith(partners().scheme);
    expect((await send(plane, asPartner("acme"), { address })).status).toBe(200);
    const headers = plane.sent[0]?.headers;
    expect(headers?.get("Keygate-Key-Id")).toBe("partner_1");
    expect(headers?.get("Keygate-Organization-Id")).toBe("org_partner");
    expect(headers?.get("Keygate-Reach")).toBe("workspace");
    expect(headers?.get("Keygate-Workspace-Ids")).toBe("ws_a,ws_b");
    expect(headers?.has("Keygate-Member-Id")).toBe(false);
    expect(headers?.has("Keygate-Assertion")).toBe(true);
  });

  test("is refused with its scheme's refusal, and no other scheme looks", async () => {
    const malformed = planeWith(partners().scheme);
    const request = requestWith(key, "/files/a", { headers: { Partner: "malformed" } });
    expect(await codeOf(await send(malformed, request, { address }))).toBe("credentials_malformed");
    const refusing = planeWith(partners(() => ({ code: "key_revoked" })).scheme);
    expect(await codeOf(await send(refusing, asPartner("acme"), { address }))).toBe("key_revoked");
    expect([malformed.sent, refusing.sent]).toEqual([[], []]);
  });

  test("is looked for in the order of the list, and only if those before skip the request", async () => {
    const first = partners();
    expect((await send(planeWith(first.scheme), requestWith(key, "/files/a"), { address })).status).toBe(200);
    expect(first.asked).toEqual(["skipped"]);
    const last = partners();
    const plane = planeWith(last.scheme, "last");
    expect((await send(plane, requestWith(key, "/files/a"), { address })).status).toBe(200);
    expect(last.asked).toEqual([]);
    expect((await send(plane, asPartner("acme"), { address })).status).toBe(200);
    expect(last.asked).toEqual(["acme"]);
  });

  test("is missing if every scheme skips the request", async () => {
    const { scheme, asked } = partners();
    const response = await send(planeWith(scheme), new Request(`${SANDBOX}/files/a`), { address });
    expect(await codeOf(response)).toBe("credentials_missing");
    expect(asked).toEqual(["skipped"]);
  });

  test("is not read on a public route", async () => {
    const { scheme, asked } = partners();
    expect((await send(planeWith(scheme), asPartner("acme", "/status"), { address })).status).toBe(200);
    expect(asked).toEqual([]);
  });

  test("lets its principal past the same decisions as a key's", () => {
    const decided = (principal: Principal, path: string, base = SANDBOX, method = "GET") => {
      const url = new URL(`${base}${path}`);
      const environment = gateway.environments[base === SANDBOX ? "sandbox" : "production"];
      if (!environment) throw new Error("no such environment");
      const match = findRoute(method, path, gateway.router);
      const asked = { request: { method, headers: new Headers() }, url, environment, client: "192.0.2.1", match };
      return authorize(principal, asked, gateway)?.code;
    };
    expect(decided(PARTNER, "/files/a")).toBeUndefined();
    expect(decided(PARTNER, "/files/a", PRODUCTION)).toBe("environment_mismatch");
    expect(decided(PARTNER, "/files/a", SANDBOX, "PUT")).toBe("scope_missing");
    expect(decided(PARTNER, "/nowhere")).toBe("no_such_route");
    expect(decided(PARTNER, "/workspaces/ws_c/folders/1")).toBe("workspace_forbidden");
    expect(decided({ ...PARTNER, allowedAddresses: ["203.0.113.0/24"] }, "/files/a")).toBe("address_forbidden");
  });
});
