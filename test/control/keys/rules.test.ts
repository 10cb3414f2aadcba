import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import config from "../../../gateway.config.ts";
import { compile } from "../../../src/config/compile.ts";
import type { KeySettings } from "../../../src/config/schema.ts";
import { changeKey } from "../../../src/control/keys/change.ts";
import { createKey } from "../../../src/control/keys/create.ts";
import { checkRequired } from "../../../src/control/keys/rules.ts";
import type { KeyChange } from "../../../src/records/key.ts";
import { codeOf, controlOf, granted, root } from "../../helpers/control.ts";
import { makeMember, makeOrganization } from "../../helpers/people.ts";
import { migrate, seedKey } from "../../helpers/workerd.ts";

beforeAll(migrate);

const ALL = ["description", "expires_at", "allowed_addresses"] as const;
const FULL = { description: "For the nightly export", expiresAt: 2_000_000, allowedAddresses: ["192.0.2.0/24"] };

function missing(required: KeySettings["required"], change: object): string[] {
  const refusal = checkRequired({ ...FULL, ...change }, { required } as KeySettings);
  return refusal?.code === "validation_failed" ? refusal.errors.map(({ field }) => field) : [];
}

describe("the fields that the configuration requires of a new key", () => {
  test.each([
    {
      what: "a change leaves them as they are",
      change: { description: undefined, expiresAt: undefined, allowedAddresses: undefined },
      required: ALL,
      fields: [],
    },
    { what: "all of them are given", change: {}, required: ALL, fields: [] },
    { what: "nothing is required", change: { description: null, expiresAt: null }, required: [], fields: [] },
    { what: "another is required", change: { description: null }, required: ["expires_at"] as const, fields: [] },
    { what: "there is no description", change: { description: null }, required: ALL, fields: ["description"] },
    { what: "the description is blank", change: { description: " \n" }, required: ALL, fields: ["description"] },
    { what: "there is no end", change: { expiresAt: null }, required: ALL, fields: ["expires_at"] },
    { what: "there are no addresses", change: { allowedAddresses: [] }, required: ALL, fields: ["allowed_addresses"] },
    {
      what: "there is none",
      change: { description: "", expiresAt: null, allowedAddresses: [] },
      required: ALL,
      fields: [...ALL],
    },
  ])("that are missing are named, each of them, where $what", ({ required, change, fields }) => {
    expect(missing([...required], change)).toEqual(fields);
  });

  test("are required when a key is created", async () => {
    const control = controlOf(
      compile({ ...config, keys: { ...config.keys, required: ["description", "expires_at"] } }),
    );
    const organizationId = await makeOrganization();
    const { id: memberId } = await makeMember(organizationId);
    const key = {
      organizationId,
      memberId,
      environment: "sandbox",
      reach: "organization",
      workspaceIds: [],
      permission: "full-access",
      scopes: ["signatures:read"],
      name: "ci",
      description: null,
      expiresAt: null,
      plan: null,
      limits: null,
      allowedAddresses: [],
    } as const;
    expect(await createKey(control, root(), key)).toEqual({
      code: "validation_failed",
      errors: [
        { field: "description", problem: "is required" },
        { field: "expires_at", problem: "is required" },
      ],
    });
    const rows = env.DB.prepare("SELECT count(*) AS rows FROM api_keys WHERE organization_id = ?").bind(organizationId);
    expect(await rows.first("rows")).toBe(0);
    granted(await createKey(control, root(), { ...key, description: "CI", expiresAt: control.now() + 1000 }));
    expect(await rows.first("rows")).toBe(1);
  });

  test("cannot be taken away from it later, while all else of it can be changed", async () => {
    const control = controlOf(
      compile({ ...config, keys: { ...config.keys, required: ["description", "allowed_addresses"] } }),
    );
    const { id } = await seedKey();
    const change = (wanted: KeyChange) => changeKey(control, root(), id, wanted);
    for (const description of [null, "", "  "]) expect(codeOf(await change({ description }))).toBe("validation_failed");
    expect(codeOf(await change({ allowedAddresses: [] }))).toBe("validation_failed");
    expect(codeOf(await change({ name: "other" }))).toBe("granted");
    expect(codeOf(await change({ description: "CI", allowedAddresses: ["192.0.2.0/24"] }))).toBe("granted");
  });
});
