import { beforeAll, describe, expect, test } from "vitest";
import gatewayConfig from "../../../gateway.config.ts";
import { compile } from "../../../src/config/compile.ts";
import { createKey } from "../../../src/control/keys/create.ts";
import { importKeys } from "../../../src/control/keys/import.ts";
import { changeOrganization } from "../../../src/control/organizations/change.ts";
import { type Location, locationOf } from "../../../src/domain/location.ts";
import { controlOf, granted, root } from "../../helpers/control.ts";
import { makeMember, makeOrganization } from "../../helpers/people.ts";
import { migrate } from "../../helpers/workerd.ts";

beforeAll(migrate);

type Choice = "request" | "creator" | "organization";

async function setUp(authorityLocation: Choice | undefined, nearCaller?: Location) {
  const keys = { ...gatewayConfig.keys, ...(authorityLocation && { authorityLocation }) };
  const control = { ...controlOf(compile({ ...gatewayConfig, keys })), nearCaller };
  const organizationId = await makeOrganization();
  const member = await makeMember(organizationId);
  const terms = {
    ...{
      organizationId,
      memberId: member.id,
      environment: "sandbox",
      reach: "organization" as const,
      workspaceIds: [],
    },
    ...{ permission: "full-access" as const, scopes: [], name: "CI", description: null, expiresAt: null, plan: null },
    ...{ limits: null, allowedAddresses: [] },
  } as const;
  const create = async () => locationOf(granted(await createKey(control, root(), terms)).key.id);
  const locate = async (location: Location | null) =>
    granted(await changeOrganization(control, root(), organizationId, { location }));
  return { control, organizationId, member, create, locate, terms };
}

describe("the authority of a new key is created", () => {
  test("near its first request, unless the configuration says otherwise", async () => {
    const { create, locate } = await setUp(undefined, "weur");
    await locate("apac");
    expect(await create()).toBeUndefined();
  });

  test("near who creates the key, or near its first request if nobody knows where that is", async () => {
    expect(await (await setUp("creator", "weur")).create()).toBe("weur");
    expect(await (await setUp("creator")).create()).toBeUndefined();
  });

  test("at the location of its organization at that time, or near its first request if it has none", async () => {
    const { create, locate } = await setUp("organization", "weur");
    expect(await create()).toBeUndefined();
    await locate("apac");
    expect(await create()).toBe("apac");
    await locate(null);
    expect(await create()).toBeUndefined();
  });
});

test("who imports keys does not say where they are used, but the organization does", async () => {
  for (const [choice, expected] of [
    ["creator", undefined],
    ["organization", "sam"],
  ] as const) {
    const { control, organizationId, terms, locate } = await setUp(choice, "weur");
    await locate("sam");
    const { organizationId: _, environment, ...own } = terms;
    const sha256 = choice === "creator" ? "a".repeat(64) : "b".repeat(64);
    const wanted = { organizationId, environment, keys: [{ ...own, sha256, hint: "abcd" }] };
    granted(await importKeys(control, root(), wanted as never));
    const id = await control.db
      .prepare("SELECT id FROM api_keys WHERE organization_id = ?")
      .bind(organizationId)
      .first<string>("id");
    expect(locationOf(id as string)).toBe(expected);
  }
});
