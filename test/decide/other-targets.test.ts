import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Environment } from "../../src/config/compile.ts";
import { authorize } from "../../src/decide/authorize.ts";
import { type DataEndpoint, findEndpoint } from "../../src/decide/endpoint.ts";
import { principalOf } from "../../src/decide/key-principal.ts";
import { otherTargetsOf } from "../../src/decide/other-targets.ts";
import { findRoute, type RouteMatch } from "../../src/decide/route.ts";
import { aKey } from "../domain/fixtures.ts";
import { buildPlane, codeOf, gateway, requestWith, SANDBOX, send } from "../gateway/plane.ts";
import { migrate, newClient, type Seed, seedKey } from "../helpers/workerd.ts";

beforeAll(migrate);

/** What the origin is told, or the code of the refusal. `WS0` and `WS1` are the organization's workspaces. */
async function asked(method: string, path: string, headers: Record<string, string>, seed: Seed = {}) {
  const key = await seedKey(seed);
  const plane = buildPlane();
  const filled = (text: string) => text.replace(/WS(\d)/g, (_, at) => key.workspaceIds[at] as string);
  const lines = Object.entries(headers).map(([name, value]): [string, string] => [name, filled(value)]);
  const response = await send(plane, requestWith(key, filled(path), { method, headers: lines }), {
    address: newClient(),
  });
  const [sent] = plane.sent;
  if (!sent) return codeOf(response);
  const told = sent.headers.get("Destination") ?? sent.headers.get("If");
  return told?.replaceAll(key.workspaceIds[0] as string, "WS0").replaceAll(key.workspaceIds[1] as string, "WS1");
}

const ORIGIN = "https://origin-sandbox.test/base";

describe("The Destination of COPY and MOVE", () => {
  test.each([
    [`${SANDBOX}/files/b`, `${ORIGIN}/files/b`],
    ["https://SANDBOX.test:443/v1/files/b?x#y", `${ORIGIN}/files/b?x`],
    ["https://user:secret@sandbox.test/v1/a/../files/b", `${ORIGIN}/files/b`],
    ["/v1/files/b%20c", "/base/files/b%20c"],
    [`${SANDBOX}/signatures/deep/er/`, `${ORIGIN}/signatures/deep/er/`],
    ["//sandbox.test/v1/files/b", `${ORIGIN}/files/b`],
    [`${SANDBOX}/signatures//evil.test/x`, `${ORIGIN}/signatures//evil.test/x`],
  ])("%s names the origin's address", async (destination, expected) => {
    for (const method of ["COPY", "MOVE"]) {
      expect(await asked(method, "/files/a", { Destination: destination })).toBe(expected);
    }
  });

  test("names the client's host where the origin is a service, which sees no other", async () => {
    expect(await asked("MOVE", "/bound/a", { Destination: `${SANDBOX}/bound/b` })).toBe("https://sandbox.test/bound/b");
    expect(await asked("MOVE", "/bound/a", { Destination: "/v1/bound//b" })).toBe("/bound//b");
    // Else the origin would read a host.
    expect(await asked("MOVE", "/bound/a", { Destination: "/v1//bound/b" })).toBe("target_forbidden");
  });

  test.each([
    ["another host", "https://elsewhere.test/v1/files/b"],
    ["the origin's own address", `${ORIGIN}/files/b`],
    ["outside the base URL", "https://sandbox.test/files/b"],
    ["above the base URL", `${SANDBOX}/../files/b`],
    ["another environment", "https://api.test/v1/files/b"],
    ["the control plane", "https://keys.test/v1/api-keys"],
    ["plain HTTP", "http://sandbox.test/v1/files/b"],
    ["a relative reference", "b"],
    ["no URL", "https://["],
    ["nothing", " "],
    ["another service", `${SANDBOX}/partner/b`],
    ["no route", `${SANDBOX}/nowhere`],
    ["a route that does not take the method", `${SANDBOX}/vault`],
    ["a path that can be read in two ways", `${SANDBOX}/signatures/..%2fvault`],
    ["two addresses", `${SANDBOX}/files/b, ${SANDBOX}/files/c`],
    ["more than a URL may be long", `${SANDBOX}/signatures/${"a".repeat(17_000)}`],
  ])("may not be %s", async (_, destination) => {
    expect(await asked("MOVE", "/files/a", { Destination: destination })).toBe("target_forbidden");
  });

  test("needs the scope that its own route asks for", async () => {
    const seed = { scopes: ["folders:write", "signatures:read"] };
    expect(await asked("COPY", "/files/a", { Destination: "/v1/files/b" }, seed)).toBe("/base/files/b");
    expect(await asked("COPY", "/files/a", { Destination: "/v1/signatures/b" }, seed)).toBe("scope_missing");
    expect(await asked("COPY", "/files/a", { Destination: "/v1/signatures/vault/b" }, seed)).toBe("scope_missing");
  });

  test("needs the scope that PUT would need there", async () => {
    const put = { scopes: ["folders:write"] };
    expect(await asked("MOVE", "/drop/a", { Destination: "/v1/drop/b" }, put)).toBe("scope_missing");
    expect(
      await asked("MOVE", "/drop/a", { Destination: "/v1/drop/b" }, { scopes: ["folders:write", "vault:write"] }),
    ).toBe("/base/drop/b");
  });

  test("stays in the workspace, which the key has to reach", async () => {
    const move = (from: string, to: string, seed?: Seed) => asked("MOVE", from, { Destination: `/v1${to}` }, seed);
    const [one, two] = ["/workspaces/WS0/folders/a", "/workspaces/WS1/folders/a"];
    expect(await move(one, "/workspaces/WS0/folders/b")).toBe("/base/workspaces/WS0/folders/b");
    expect(await move(one, two)).toBe("target_forbidden");
    expect(await move(one, "/spaces/WS1/b")).toBe("target_forbidden");
    expect(await move("/files/a", two)).toBe("/base/workspaces/WS1/folders/a");
    expect(await move("/files/a", two, { reach: "workspace" })).toBe("workspace_forbidden");
    expect(await move("/files/a", one, { reach: "workspace" })).toBe("/base/workspaces/WS0/folders/a");
    expect(await move("/files/a", "/reports?workspace=WS1", { reach: "workspace" })).toBe("workspace_forbidden");
  });

  test("of a public route may only be public too, and a key may write to a public one", async () => {
    expect(await asked("COPY", "/open/a", { Destination: "/v1/open/b" })).toBe("/base/open/b");
    expect(await asked("COPY", "/open/a", { Destination: "/v1/files/b" })).toBe("target_forbidden");
    expect(await asked("COPY", "/files/a", { Destination: "/v1/open/b" })).toBe("/base/open/b");
  });

  test("is only told to be wrong to who may do the rest", async () => {
    const headers = { Destination: "https://elsewhere.test/" };
    expect(await asked("MOVE", "/files/a", headers, { scopes: ["folders:read"] })).toBe("scope_missing");
    expect(await asked("MOVE", "/files/a", headers, { revokedAt: 2 })).toBe("key_revoked");
    const response = await send(buildPlane(), new Request(`${SANDBOX}/files/a`, { method: "MOVE", headers }));
    expect(await codeOf(response)).toBe("credentials_missing");
  });

  test("of other methods is none: an API's own header of that name passes as it is", async () => {
    expect(await asked("POST", "/files/a", { Destination: "Berlin" })).toBe("Berlin");
  });
});

describe("The resources that If names", () => {
  test.each([
    [
      `<${SANDBOX}/files/b> (<urn:uuid:1> ["a (b"]) (Not <DAV:no-lock>)`,
      `<${ORIGIN}/files/b> (<urn:uuid:1> ["a (b"]) (Not <DAV:no-lock>)`,
    ],
    ["</v1/files/a> (<urn:x>) </v1/files/b>(<urn:y>)", "</base/files/a> (<urn:x>) </base/files/b>(<urn:y>)"],
    [`(<${SANDBOX}/files/b>) (["</v1/files/b>"])`, `(<${SANDBOX}/files/b>) (["</v1/files/b>"])`],
    ["anything else", "anything else"],
  ])("are named by the origin's addresses: %s", async (condition, expected) => {
    for (const method of ["PUT", "LOCK", "DELETE"]) {
      expect(await asked(method, "/files/a", { If: condition })).toBe(expected);
    }
  });

  test.each([
    `<${ORIGIN}/files/b> (["1"])`,
    `<https://elsewhere.test/> (["1"])`,
    '<b> (["1"])',
    '<urn:x> (["1"])',
    '</v1/partner/b> (["1"])',
    '</v1/nowhere> (["1"])',
    '(<urn:x>) </v1/files/b> (["1"]) </v1/../x> (["1"])',
    `</v1/files/b> ${'</v1/signatures/b> (["1"]) '.repeat(100)}`,
    `</v1/files/b> </v1/signatures/${"a".repeat(17_000)}>`,
  ])("may not be anywhere else, too many or too long (%#)", async (condition) => {
    expect(await asked("PUT", "/files/a", { If: condition })).toBe("target_forbidden");
  });

  test("need the scope that their own route asks for", async () => {
    const seed = { scopes: ["folders:write"] };
    expect(await asked("PUT", "/files/a", { If: '</v1/files/b> (["1"])' }, seed)).toBe('</base/files/b> (["1"])');
    expect(await asked("PUT", "/files/a", { If: '</v1/signatures/b> (["1"])' }, seed)).toBe("scope_missing");
  });
});

test("For every Destination, the origin gets an address at which the key might have used the same method, or nothing", () => {
  const key = aKey({ environment: "sandbox", scopes: ["folders:write", "vault:write"] });
  const principal = principalOf(key, { environment: key.environment, keyId: key.id, hash: "hash" }, gateway);
  const environment = gateway.environments.sandbox as Environment;
  const url = new URL(`${SANDBOX}/files/a`);
  const endpoint = findEndpoint(url, gateway) as DataEndpoint;
  const match = findRoute("MOVE", endpoint.path, gateway.router) as RouteMatch;
  const origin = buildPlane().originOf(match.route, "sandbox");
  const decide = (destination: string) => {
    const request = { method: "MOVE", headers: new Headers({ Destination: destination }) };
    const naming = { request, url, endpoint, route: match.route, origin, headerNames: ["destination"] };
    const others = otherTargetsOf(naming, gateway);
    const told = others?.().fields[0]?.[1] as string;
    const asked = { request, url, environment, client: "192.0.2.1", match, others };
    return authorize(principal, asked, gateway) ? undefined : told;
  };
  const isAllowed = (path: string) => {
    const request = { method: "MOVE", headers: new Headers() };
    const asked = { request, url, environment, client: "192.0.2.1", match: findRoute("MOVE", path, gateway.router) };
    return !authorize(principal, asked, gateway);
  };
  const segment = fc.constantFrom(
    ...["files", "signatures", "vault", "partner", "workspaces", "ws_1", "folders", "v1", "base", "a", "b"],
    ...["..", ".", "%2e%2e", "..%2f", "%2f", "a%2fb", "", "%00", ";x", "\\", "drop", "?files", "#a", "%C3%A9"],
  );
  const destination = fc
    .tuple(
      fc.constantFrom(
        "https://sandbox.test/v1",
        "/v1",
        "https://sandbox.test",
        "//sandbox.test/v1",
        "https://api.test/v1",
        "",
      ),
      fc.constantFrom("files", "files", "drop", "workspaces/ws_1/folders", "signatures", "%2e"),
      fc.array(segment, { maxLength: 3 }),
    )
    .map(([base, first, segments]) => [base, first, ...segments].join("/"));
  let passed = 0;
  fc.assert(
    fc.property(destination, (text) => {
      const told = decide(text);
      if (told === undefined) return;
      passed++;
      const at = new URL(told, ORIGIN);
      expect(at.origin).toBe(new URL(ORIGIN).origin);
      expect(at.pathname.startsWith("/base/")).toBe(true);
      expect(isAllowed(at.pathname.slice("/base".length)), `${text} → ${told}`).toBe(true);
    }),
    { numRuns: 5_000 },
  );
  expect(passed).toBeGreaterThan(50);
});
