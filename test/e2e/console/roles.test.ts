/** Who sees and does what: Y9 of the products' models, in the browser. */

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser } from "../../helpers/browser.ts";
import { bearing, type Key, ROLES, type Role, seed, type Tenant } from "../../helpers/seed.ts";
import { gateway } from "./shared.ts";
import { signedIn } from "./visitors.ts";

type Kind = "organization" | "own workspace" | "foreign workspace";
const KINDS: Kind[] = ["organization", "own workspace", "foreign workspace"];
const MANAGES: Record<Role, Record<Kind, boolean>> = {
  owner: { organization: true, "own workspace": true, "foreign workspace": true },
  admin: { organization: true, "own workspace": true, "foreign workspace": false },
  member: { organization: false, "own workspace": false, "foreign workspace": false },
};
const CASES = ROLES.flatMap((role) => KINDS.map((kind) => ({ role, kind, may: MANAGES[role][kind] })));
const DEEDS = ["rotate", "disable", "edit", "revoke"];

let browser: Browser;
let tenant: Tenant;
let foreignWorkspace: string;
const pages = {} as Record<Role, Page>;

beforeAll(async () => {
  browser = await startBrowser();
  tenant = await seed(gateway);
  const workspace = { organization_id: tenant.organizationId, name: "Foreign" };
  foreignWorkspace = (await gateway.manage("POST", "/v1/workspaces", workspace)).body.id;
  for (const role of ROLES) {
    pages[role] = await signedIn(browser, gateway, tenant.members[role]);
    await pages[role].goto("/");
  }
});
afterAll(() => browser?.close());

function keyOf(kind: Kind): Promise<Key> {
  if (kind === "organization") return tenant.key();
  return tenant.key({ workspace_ids: [kind === "own workspace" ? tenant.workspaces[0] : foreignWorkspace] });
}

/** As a page of the console would send it, though no page offers it. */
function post(page: Page, path: string, fields: Record<string, string>): Promise<number> {
  return page.evaluate(
    async ([to, sent]) => {
      const response = await fetch(to as string, {
        method: "POST",
        body: new URLSearchParams(sent as object as URLSearchParams),
      });
      return response.status;
    },
    [path, fields] as const,
  );
}

const versionOf = async (id: string) => {
  const response = await fetch(`http://localhost:${gateway.port}/v1/api-keys/${id}`, {
    headers: { Authorization: `Bearer ${gateway.rootToken}` },
  });
  return response.headers.get("etag");
};

describe("Keys", () => {
  test.for(CASES)("$role, $kind key: seen and offered: $may", async ({ role, kind, may }) => {
    const page = pages[role];
    const { id } = await keyOf(kind);
    const response = await page.goto(`/keys/${id}`);
    expect(response?.status()).toBe(may ? 200 : role === "member" ? 403 : 404);
    for (const deed of DEEDS) expect(await page.locator(`a[href="/keys/${id}/${deed}"]`).count()).toBe(may ? 1 : 0);
    await page.goto("/keys");
    expect(await page.locator(`main a[href="/keys/${id}"]`).count()).toBe(may ? 1 : 0);
  });

  test.for(CASES.filter(({ may }) => !may))(
    "$role, $kind key: a forged request changes nothing",
    async ({ role, kind }) => {
      const { id } = await keyOf(kind);
      const before = await versionOf(id);
      for (const deed of DEEDS) {
        const fields = {
          intent: "save",
          name: "forged",
          permission: "full-access",
          scopes: "emails:read",
          grace_seconds: "0",
        };
        expect(await post(pages[role], `/keys/${id}/${deed}`, fields)).toBeGreaterThanOrEqual(400);
      }
      expect(await versionOf(id)).toBe(before);
    },
  );
});

describe("Making keys", () => {
  test("is offered to owners and admins, and not to members", async () => {
    for (const role of ROLES) {
      const response = await pages[role].goto("/keys/new");
      expect(response?.status()).toBe(role === "member" ? 403 : 200);
      await pages[role].goto("/");
      expect(await pages[role].getByRole("link", { name: "API keys" }).count()).toBe(role === "member" ? 0 : 1);
    }
  });

  test("an admin is offered their own workspaces alone, and a forged one is refused", async () => {
    await pages.admin.goto("/keys/new");
    const offered = await pages.admin
      .locator("input[name=workspace_ids]")
      .evaluateAll((boxes) => boxes.map((box) => (box as HTMLInputElement).value));
    expect(offered.sort()).toEqual([...tenant.workspaces].sort());
    const fields = {
      environment: "sandbox",
      reach: "workspace",
      workspace_ids: foreignWorkspace,
      permission: "read-only",
    };
    const forged = { ...fields, scopes: "emails:read", name: "forged", attempt: crypto.randomUUID() };
    expect(await post(pages.admin, "/keys/new", forged)).toBe(403);
  });

  test("by a member, of any reach, is refused where it is forged", async () => {
    for (const reach of ["organization", "workspace"]) {
      const fields = { environment: "sandbox", reach, workspace_ids: tenant.workspaces[0], permission: "read-only" };
      const forged = { ...fields, scopes: "emails:read", name: "forged", attempt: crypto.randomUUID() };
      expect(await post(pages.member, "/keys/new", forged)).toBe(403);
    }
  });

  test("an environment that is closed to the organization is greyed, with the reason, and refused if forged", async () => {
    await gateway.manage("PATCH", `/v1/organizations/${tenant.organizationId}`, { environments: ["sandbox"] });
    const page = pages.owner;
    await page.goto("/keys/new");
    const production = page.locator("input[name=environment][value=production]");
    expect(await production.isDisabled()).toBe(true);
    await page.getByText("The organization cannot have keys for production.").waitFor();
    const fields = { environment: "production", reach: "organization", permission: "read-only" };
    const forged = { ...fields, scopes: "emails:read", name: "forged", attempt: crypto.randomUUID() };
    expect(await post(page, "/keys/new", forged)).toBe(403);
    await gateway.manage("PATCH", `/v1/organizations/${tenant.organizationId}`, {
      environments: ["production", "sandbox"],
    });
  });
});

describe("Editing keys", () => {
  test("loses no scope that the key's member can no longer use, and that nobody took away", async () => {
    const scopes = ["emails:delete", "emails:read"];
    const { id } = await tenant.key({ role: "admin", scopes });
    await gateway.manage("PATCH", `/v1/members/${tenant.members.admin}`, { role: "member" });
    const page = pages.owner;
    await page.goto(`/keys/${id}/edit`);
    expect(await page.locator('input[type=checkbox][value="emails:delete"]').isDisabled()).toBe(true);
    await page.getByLabel("Name", { exact: true }).first().fill("renamed");
    await page.getByRole("button", { name: "Review the change" }).click();
    await page.getByRole("heading", { name: "Review the change" }).waitFor();
    expect(await page.locator("del").allTextContents()).toEqual(["test"]);
    await page.getByRole("button", { name: "Save the change" }).click();
    await page.getByText("Saved").waitFor();
    await gateway.manage("PATCH", `/v1/members/${tenant.members.admin}`, { role: "admin" });
    const { body } = await gateway.manage("GET", `/v1/api-keys/${id}`);
    expect([body.name, body.scopes.sort()]).toEqual(["renamed", scopes]);
  });

  test("offers an admin their own workspaces alone", async () => {
    const { id } = await tenant.key({ workspace_ids: [tenant.workspaces[0]] });
    await pages.admin.goto(`/keys/${id}/edit`);
    const offered = await pages.admin
      .locator("input[name=workspace_ids]")
      .evaluateAll((boxes) => boxes.map((box) => (box as HTMLInputElement).value));
    expect(offered.sort()).toEqual([...tenant.workspaces].sort());
  });

  test("loses no workspace of a member, however many there are", async () => {
    const { key: _, ...other } = await seed(gateway);
    const make = async (n: number) =>
      (await gateway.manage("POST", "/v1/workspaces", { organization_id: other.organizationId, name: `w${n}` })).body
        .id;
    const ids: string[] = [];
    for (let n = 0; n < 205; n++) ids.push(await make(n));
    const last = ids.at(-1) as string;
    await gateway.manage("PATCH", `/v1/members/${other.members.member}`, { workspace_ids: [last] });
    const page = await signedIn(browser, gateway, other.members.owner);
    await page.goto(`/members/${other.members.member}`);
    await page.getByLabel("Name", { exact: true }).fill("renamed");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("Saved").waitFor();
    const { body } = await gateway.manage("GET", `/v1/members/${other.members.member}`);
    expect([body.name, body.workspace_ids]).toEqual(["renamed", [last]]);
  });
});

describe("One's own page", () => {
  test("offers one's name alone to change", async () => {
    const page = await signedIn(browser, gateway, tenant.members.owner);
    await page.goto(`/members/${tenant.members.owner}`);
    expect(await page.locator("input[name=role]:enabled, input[name=workspace_ids]:enabled").count()).toBe(0);
    await page.getByLabel("Name", { exact: true }).fill("owner");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByText("Saved").waitFor();
    const { body } = await gateway.manage("GET", `/v1/members/${tenant.members.owner}`);
    expect([body.role, body.workspace_ids.length]).toEqual(["owner", 2]);
  });
});

describe("Two editors", () => {
  test("the second is shown what the first has changed, and overwrites nothing unasked", async () => {
    const { id } = await tenant.key({ role: "admin", name: "shared", scopes: ["emails:read"] });
    const [first, second] = [pages.owner, pages.admin];
    await first.goto(`/keys/${id}/edit`);
    await second.goto(`/keys/${id}/edit`);
    await first.getByLabel("Name", { exact: true }).first().fill("by the first");
    await first.getByRole("button", { name: "Review the change" }).click();
    await second.getByLabel("Description").fill("by the second");
    await second.getByRole("button", { name: "Review the change" }).click();
    await first.getByRole("button", { name: "Save the change" }).click();
    await first.getByText("Saved").waitFor();
    await second.getByRole("button", { name: "Save the change" }).click();
    await second.getByText("Someone else changed this key").waitFor();
    expect(await second.locator("del").allTextContents()).toEqual(["by the first"]);
    expect(await second.locator("ins").allTextContents()).toEqual(["shared", "by the second"]);
    const { body } = await gateway.manage("GET", `/v1/api-keys/${id}`);
    expect(body).toMatchObject({ name: "by the first", description: null });
  });
});

describe("Ending a key", () => {
  test("says when it is effective, and keeps the reason", async () => {
    const key = await tenant.key({ name: "not in use" });
    const page = pages.owner;
    await page.goto(`/keys/${key.id}/revoke`);
    expect(await page.getByLabel(/Type its name/).count()).toBe(0);
    await page.getByLabel("Reason").fill("leaked");
    await page.getByRole("button", { name: "Revoke for good" }).click();
    await page.getByText("The key was revoked. It takes effect everywhere within 2.5 seconds.").waitFor();
    expect(await page.getByRole("link", { name: "Rotate" }).count()).toBe(0);
    await page.getByRole("link", { name: "History", exact: true }).click();
    await page.getByText("reason: leaked").waitFor();
  });

  test("wants its name where it was used within seven days", { timeout: 90_000 }, async () => {
    const key = await tenant.key({ name: "in use" });
    await fetch(`${gateway.base("sandbox")}/emails/1`, { headers: bearing(key) });
    const record = async () => (await gateway.manage("GET", `/v1/api-keys/${key.id}`)).body;
    await expect.poll(async () => (await record()).last_used_at, { timeout: 75_000, interval: 1_000 }).not.toBeNull();
    const page = pages.owner;
    await page.goto(`/keys/${key.id}/revoke`);
    await page.getByLabel(/Type its name/).fill("another");
    await page.getByRole("button", { name: "Revoke for good" }).click();
    expect(await page.locator("#name-problem").textContent()).toBe("Is not the name of this key.");
    expect((await record()).status).toBe("active");
    await page.getByLabel(/Type its name/).fill("in use");
    await page.getByRole("button", { name: "Revoke for good" }).click();
    await page.getByText("The key was revoked").waitFor();
  });
});
