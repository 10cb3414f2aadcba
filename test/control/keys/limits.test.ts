import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Caller, Control } from "../../../src/control/control.ts";
import { readLimits, resetLimits } from "../../../src/control/keys/limits.ts";
import { readMember } from "../../../src/store/members.ts";
import { askLease } from "../../authority/ask.ts";
import { as, codeOf, controlOf, granted, root } from "../../helpers/control.ts";
import { migrate, newId, type SeededKey, seedKey } from "../../helpers/workerd.ts";

const LIMITED = { limits: { rates: [{ name: "r", limit: 10, window: 3_600 }] } };
/** By the clock of the runtime, which the authorities go by. */
const control: Control = { ...controlOf(), now: () => Date.now() };

beforeAll(migrate);

/** Spends ten of ten. */
const exhaust = async (key: SeededKey) => {
  const { id: leaseId } = await askLease(key, { waiting: 10 });
  await askLease(key, { waiting: 0, wanted: 0, reports: [{ leaseId, unspent: 0, idleMs: 0 }] });
};
const remaining = async (key: SeededKey) =>
  granted(await readLimits(control, root(), key.id)).states.map((state) => state.remaining);
const resets = async (key: SeededKey) => {
  const { results } = await env.DB.prepare(
    "SELECT actor FROM audit_events WHERE target = ? AND action = 'api_key.limits_reset'",
  )
    .bind(key.id)
    .all<{ actor: string }>();
  return results.map(({ actor }) => actor);
};

async function memberOf(key: SeededKey, role: string): Promise<Caller> {
  const member = await readMember(env.DB, key.memberId);
  if (!member) throw new Error("no such member");
  return as({ ...member, role });
}

describe("the limits of a key", () => {
  test("are read as its authority has them", async () => {
    const key = await seedKey(LIMITED);
    expect(granted(await readLimits(control, root(), key.id)).states).toEqual([
      { kind: "rate", name: "r", limit: 10, window: 3_600, burst: 10, remaining: 10, lent: 0, resetMs: 0 },
    ]);
    await exhaust(key);
    expect(granted(await readLimits(control, root(), key.id)).states).toMatchObject([{ remaining: 0, lent: 0 }]);
  });

  test("are whole once they are reset, and the trail tells by whom", async () => {
    const key = await seedKey(LIMITED);
    await exhaust(key);
    expect(granted(await resetLimits(control, root(), key.id)).states).toMatchObject([{ remaining: 10 }]);
    expect(await remaining(key)).toEqual([10]);
    expect((await askLease(key)).tokens).toBe(1);
    expect(await resets(key)).toEqual(["root"]);
  });

  test("are not reset where the trail cannot be written", async () => {
    const key = await seedKey(LIMITED);
    await exhaust(key);
    const idempotency = { key: newId("idem"), fingerprint: "f" };
    const caller = { ...root(), idempotency };
    await resetLimits(control, caller, key.id);
    await exhaust(key);
    await expect(resetLimits(control, caller, key.id)).rejects.toThrow("UNIQUE");
    expect(await remaining(key)).toEqual([0]);
  });

  test("that cannot be reached are a fault, and the attempt is in the trail", async () => {
    const key = await seedKey(LIMITED);
    const down = () => Promise.reject(new Error("down"));
    const cut = { ...control, readLimits: down, resetLimits: down };
    expect(codeOf(await readLimits(cut, root(), key.id))).toBe("authority_unavailable");
    expect(codeOf(await resetLimits(cut, root(), key.id))).toBe("authority_unavailable");
    expect(await resets(key)).toEqual(["root"]);
  });

  test("of a revoked key are read, and not reset", async () => {
    const key = await seedKey({ ...LIMITED, revokedAt: 2 });
    expect(codeOf(await readLimits(control, root(), key.id))).toBe("granted");
    expect(codeOf(await resetLimits(control, root(), key.id))).toBe("conflict");
    expect(await resets(key)).toEqual([]);
  });

  test("are read by nobody who does not manage the key", async () => {
    const [key, foreign] = [await seedKey(LIMITED), await seedKey(LIMITED)];
    expect(codeOf(await readLimits(control, await memberOf(key, "owner"), key.id))).toBe("granted");
    expect(codeOf(await readLimits(control, await memberOf(key, "member"), key.id))).toBe("scope_missing");
    expect(codeOf(await readLimits(control, await memberOf(key, "owner"), foreign.id))).toBe("not_found");
    expect(codeOf(await readLimits(control, root(), newId("key")))).toBe("not_found");
  });

  test("are reset by the root token alone: an owner who could would have no plan", async () => {
    const key = await seedKey(LIMITED);
    await exhaust(key);
    expect(codeOf(await resetLimits(control, await memberOf(key, "owner"), key.id))).toBe("management_forbidden");
    expect(codeOf(await resetLimits(control, root(), newId("key")))).toBe("not_found");
    expect(await remaining(key)).toEqual([0]);
  });
});
