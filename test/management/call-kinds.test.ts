import { describe, expect, test } from "vitest";
import config from "../../gateway.config.ts";
import { compile } from "../../src/config/compile.ts";
import { kindOfVisit } from "../../src/console/frame/guard.ts";
import { callOf, operations } from "../../src/management/api.ts";
import { accountsOf, type CallKind } from "../../src/management/call-limits.ts";

const gateway = compile(config);

describe("what a call is counted as", () => {
  const named = (kind: CallKind) =>
    operations
      .filter(({ method, path }) => callOf(method.toUpperCase(), path.replaceAll(/:\w+/g, "x_1")).kind === kind)
      .map(({ name }) => name)
      .sort();

  test("ends something: the calls that only take rights away, and no others", () => {
    expect(named("end")).toEqual([
      "deleteWorkspace",
      "disableApiKey",
      "endApiKeySecret",
      "removeMember",
      "revokeApiKey",
      "revokeInvitation",
      "revokeSession",
      "revokeSessions",
    ]);
  });

  test("reads: every GET, and the explanation", () => {
    const reads = operations.filter(({ method }) => method === "get").map(({ name }) => name);
    expect(named("read")).toEqual([...reads, "explain"].sort());
  });

  test.each([
    ["HEAD", "/v1/api-keys"],
    ["GET", "/v1/nothing"],
    ["PUT", "/v1/api-keys/key_1"],
    ["POST", "/v1/api-keys/key_1/revoke/more"],
  ])("reads, where nothing else can come of it: %s %s", (method, path) => {
    expect(callOf(method, path).kind).toBe("read");
  });

  test.each([
    ["GET", "/keys/key_1/revoke", "read"],
    ["POST", "/keys/key_1/explain", "read"],
    ["POST", "/keys/new/summary", "read"],
    ["POST", "/keys/key_1/revoke", "end"],
    ["POST", "/keys/key_1/disable", "end"],
    ["POST", "/keys/key_1/secrets/sec_1/end", "end"],
    ["POST", "/workspaces/ws_1/delete", "end"],
    ["POST", "/members/mem_1/remove", "end"],
    ["POST", "/members/mem_1/end-sessions", "end"],
    ["POST", "/sessions/end-others", "end"],
    ["POST", "/sessions/ses_1/end", "end"],
    ["POST", "/keys/new", "change"],
    ["POST", "/keys/key_1/enable", "change"],
    ["POST", "/keys/key_1/rotate", "change"],
    ["POST", "/members/mem_1/sign-in-link", "change"],
    ["POST", "/organizations", "change"],
  ])("is the same for the console's pages and forms: %s %s %s", (method, path, kind) => {
    expect(kindOfVisit({ req: { method, path } } as never)).toBe(kind);
  });
});

describe("whom a call is charged to", () => {
  const member = { kind: "member", organizationId: "org_1", memberId: "mem_1" } as const;
  const namesOf = (who: object, kind: CallKind) =>
    accountsOf(who as never, kind, gateway.management).map((accounts) => accounts.map(({ name }) => name));

  test.each([
    [
      "the root token",
      { actor: "root", via: "root", standing: { kind: "root" } },
      [["actor:root:all"], ["reserve:root:calls"]],
    ],
    [
      "the platform team's session",
      { actor: "root", via: "ses_1", standing: { kind: "root" } },
      [["actor:root:all"], ["reserve:ses_1:calls"]],
    ],
    [
      "a member's session",
      { actor: "mem_1", via: "ses_1", standing: member },
      [["actor:mem_1:calls", "organization:org_1:calls"], ["reserve:ses_1:calls"]],
    ],
    [
      "the root token that acts as a member",
      { actor: "mem_1", via: "root", standing: member },
      [["actor:mem_1:calls", "organization:org_1:calls"], ["reserve:mem_1:calls"]],
    ],
    [
      "a key, whoever it acts as",
      { actor: "mem_1", via: "key_1", standing: { ...member, key: { id: "key_1" } } },
      [["actor:key_1:calls", "organization:org_1:calls"], ["reserve:key_1:calls"]],
    ],
  ])("by %s", (_, who, calls) => {
    expect(namesOf(who, "read")).toEqual(calls);
    expect(namesOf(who, "end")).toEqual(calls);
    const [accounts = []] = calls;
    expect(namesOf(who, "change")).toEqual([accounts.map((name) => name.replace(":calls", ":changes"))]);
  });
});
