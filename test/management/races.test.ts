/** Two at once, fifty times each: one of the outcomes that are specified, and never another. */

import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { migrate } from "../helpers/workerd.ts";
import { auditOf, call, makeKey, makeMember, setUp } from "./call.ts";

beforeAll(migrate);
// A hundred calls and more in each.
vi.setConfig({ testTimeout: 60_000 });

const TIMES = 50;

async function times(race: (round: number) => Promise<void>): Promise<void> {
  for (let round = 0; round < TIMES; round++) await race(round);
}

const statuses = (answers: readonly { status: number }[]) => answers.map(({ status }) => status).sort();
const actions = async (target: string) => (await auditOf(target)).map(({ action }) => action);

describe("two at once", () => {
  test("a rotation and a revocation leave a dead key, however they meet", async () => {
    const { keyBody } = await setUp({ key_quota: 1_000 });
    await times(async () => {
      const { id } = await makeKey(keyBody);
      const [rotated, revoked] = await Promise.all([
        call("POST", `/v1/api-keys/${id}/rotate`, { grace_seconds: 60 }),
        call("POST", `/v1/api-keys/${id}/revoke`),
      ]);
      expect(revoked.status).toBe(200);
      expect([200, 409]).toContain(rotated.status);
      expect((await call("GET", `/v1/api-keys/${id}`)).body.status).toBe("revoked");
      const secrets = await env.DB.prepare("SELECT count(*) AS n FROM api_key_secrets WHERE key_id = ?")
        .bind(id)
        .first("n");
      expect(secrets).toBe(rotated.status === 200 ? 2 : 1);
      expect((await actions(id)).filter((action) => action === "api_key.rotated")).toHaveLength(Number(secrets) - 1);
    });
  });

  test("edits of one version make one change, and tell the other that it came too late", async () => {
    const { keyBody } = await setUp();
    const key = await makeKey(keyBody);
    await times(async (round) => {
      const etag = (await call("GET", `/v1/api-keys/${key.id}`)).headers.get("ETag") as string;
      const edit = (name: string) => call("PATCH", `/v1/api-keys/${key.id}`, { name }, { "If-Match": etag });
      const answers = await Promise.all([edit(`a${round}`), edit(`b${round}`)]);
      expect(statuses(answers)).toEqual([200, 412]);
      const winner = answers.find(({ status }) => status === 200);
      const { body, headers } = await call("GET", `/v1/api-keys/${key.id}`);
      expect(body.name).toBe(winner?.body.name);
      expect(headers.get("ETag")).toBe(winner?.headers.get("ETag"));
    });
    expect((await actions(key.id)).filter((action) => action === "api_key.changed")).toHaveLength(TIMES);
  });

  test("requests with one idempotency key make one key, and show its secret to one of them at the most", async () => {
    const { keyBody } = await setUp({ key_quota: 1_000 });
    await times(async () => {
      const headers = { "Idempotency-Key": crypto.randomUUID() };
      const answers = await Promise.all([1, 2].map(() => call("POST", "/v1/api-keys", keyBody, headers)));
      expect(statuses(answers)).toEqual([201, 201]);
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
      expect(answers.map(({ body }) => body.secret === null).sort()).toEqual([false, true]);
      expect(answers.map((answer) => answer.headers.get("Idempotent-Replayed")).sort()).toEqual(["true", null].sort());
    });
    const list = await call("GET", `/v1/api-keys?organization_id=${keyBody.organization_id}&limit=100`);
    expect(list.body.data).toHaveLength(TIMES);
  });

  test("members of one address and one idempotency key are one member, without a conflict", async () => {
    const { organization } = await setUp();
    await times(async (round) => {
      const body = { organization_id: organization.id, email: `m${round}@acme.test`, name: "M", role: "member" };
      const headers = { "Idempotency-Key": crypto.randomUUID() };
      const answers = await Promise.all([1, 2].map(() => call("POST", "/v1/members", body, headers)));
      expect(statuses(answers)).toEqual([201, 201]);
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    });
  });

  test("a member's removal and the making of a key for them leave no key that lives", async () => {
    const { organization, keyBody } = await setUp({ key_quota: 1_000 });
    await times(async () => {
      const member = await makeMember(organization.id);
      const [removed, made] = await Promise.all([
        call("DELETE", `/v1/members/${member.id}`),
        call("POST", "/v1/api-keys", { ...keyBody, member_id: member.id }),
      ]);
      expect(removed.status).toBe(200);
      expect([201, 409, 422]).toContain(made.status);
      if (made.status === 201) {
        const explained = await call("POST", "/v1/explain", {
          key_id: made.body.id,
          method: "GET",
          url: "https://sandbox.example.com/v1/signatures/1",
        });
        expect(explained.body.decision.code).toBe("member_inactive");
      }
    });
  });

  test("removals of the last two owners, by each other, leave one", async () => {
    await times(async () => {
      const { organization, member } = await setUp();
      const other = await makeMember(organization.id);
      const remove = (by: string, whom: string) =>
        call("DELETE", `/v1/members/${whom}`, undefined, { "Keygate-Act-As": by });
      const answers = await Promise.all([remove(member.id, other.id), remove(other.id, member.id)]);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      const { body } = await call("GET", `/v1/members?organization_id=${organization.id}`);
      expect(body.data).toHaveLength(1);
    });
  });
});
