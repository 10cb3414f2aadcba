import { beforeAll, describe, expect, test } from "vitest";
import { migrate } from "../helpers/workerd.ts";
import { auditOf, call, makeMember, makeOrganization, makeWorkspace, setUp } from "./call.ts";

beforeAll(migrate);

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe("organizations", () => {
  test("are made with a name alone: every environment, no plan and the configured quota", async () => {
    const { status, body } = await call("POST", "/v1/organizations", { name: "  Acme  " });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^org_[0-9a-f]{32}$/),
      name: "Acme",
      plan: null,
      environments: ["production", "sandbox"],
      key_quota: null,
      status: "active",
      trial_started_at: null,
      created_at: TIME,
      location: null,
    });
  });

  test("are made with every field, shown as they were made, and told of in the audit trail", async () => {
    const fields = { name: "Acme", plan: "scale", environments: ["sandbox"], key_quota: 7, location: "weur" };
    const { body: made, headers } = await call("POST", "/v1/organizations", fields);
    expect(made).toMatchObject(fields);
    expect((await call("GET", `/v1/organizations/${made.id}`)).body).toEqual(made);
    expect(await auditOf(made.id)).toEqual([
      {
        organization_id: made.id,
        actor: "root",
        action: "organization.created",
        target: made.id,
        details: fields,
        request_id: headers.get("X-Request-Id"),
      },
    ]);
  });
});

describe("workspaces", () => {
  test("are made, shown as they were made, listed for their organization alone, and told of in the audit trail", async () => {
    const [organization, other] = [await makeOrganization(), await makeOrganization()];
    const { status, body: made } = await call("POST", "/v1/workspaces", {
      organization_id: organization.id,
      name: "Sales",
    });
    expect(status).toBe(201);
    expect(made).toEqual({
      id: expect.stringMatching(/^ws_[0-9a-f]{32}$/),
      organization_id: organization.id,
      name: "Sales",
      created_at: TIME,
    });
    expect((await call("GET", `/v1/workspaces/${made.id}`)).body).toEqual(made);
    const listOf = async (id: string) => (await call("GET", `/v1/workspaces?organization_id=${id}`)).body;
    expect(await listOf(organization.id)).toEqual({ data: [made], next_cursor: null });
    expect(await listOf(other.id)).toEqual({ data: [], next_cursor: null });
    expect(await auditOf(made.id)).toMatchObject([
      { organization_id: organization.id, action: "workspace.created", details: { name: "Sales" } },
    ]);
  });
});

describe("members", () => {
  test("are made, shown as they were made, listed for their organization alone, and told of in the audit trail", async () => {
    const organization = await makeOrganization();
    const workspace = await makeWorkspace(organization.id);
    const fields = { email: "Ada@Acme.test", name: "Ada", role: "admin", workspace_ids: [workspace.id] };
    const { status, body: made } = await call("POST", "/v1/members", { organization_id: organization.id, ...fields });
    expect(status).toBe(201);
    expect(made).toEqual({
      id: expect.stringMatching(/^mem_[0-9a-f]{32}$/),
      organization_id: organization.id,
      ...fields,
      created_at: TIME,
      last_signed_in_at: null,
    });
    expect((await call("GET", `/v1/members/${made.id}`)).body).toEqual(made);
    expect((await call("GET", `/v1/members?organization_id=${organization.id}`)).body).toEqual({
      data: [made],
      next_cursor: null,
    });
    expect(await auditOf(made.id)).toMatchObject([
      { organization_id: organization.id, action: "member.created", details: fields },
    ]);
  });

  test("may be of several organizations with one address, but not twice of one, whatever the case", async () => {
    const [organization, other] = [await makeOrganization(), await makeOrganization()];
    await makeMember(organization.id, { email: "ada@acme.test" });
    await makeMember(other.id, { email: "ada@acme.test" });
    const again = { organization_id: organization.id, email: "ADA@acme.test", name: "Ada", role: "owner" };
    expect((await call("POST", "/v1/members", again)).body).toMatchObject({ code: "conflict" });
  });

  test("made twice at once with one address are made once, and the other is told of the conflict", async () => {
    const organization = await makeOrganization();
    const body = { organization_id: organization.id, email: "ada@acme.test", name: "Ada", role: "owner" };
    for (let round = 0; round < 10; round++) {
      const email = `ada${round}@acme.test`;
      const answers = await Promise.all([1, 2].map(() => call("POST", "/v1/members", { ...body, email })));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    }
  });

  test("that name a workspace twice have it once", async () => {
    const { organization, workspace } = await setUp();
    const member = await makeMember(organization.id, { workspace_ids: [workspace.id, workspace.id] });
    expect(member.workspace_ids).toEqual([workspace.id]);
  });
});

describe("every answer", () => {
  test("has a request id, and names it in errors", async () => {
    const fine = await call("GET", "/v1/organizations");
    expect(fine.headers.get("X-Request-Id")).toMatch(/^req_[0-9a-f]{32}$/);
    const wrong = await call("GET", "/v1/organizations/org_0");
    expect(wrong.body.request_id).toBe(wrong.headers.get("X-Request-Id"));
  });
});
