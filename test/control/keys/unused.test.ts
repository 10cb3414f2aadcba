import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Caller } from "../../../src/control/control.ts";
import { readUnusedKeys } from "../../../src/control/keys/unused.ts";
import type { PageRequest } from "../../../src/store/pages.ts";
import { AT_START, codeOf, controlOf, granted, root } from "../../helpers/control.ts";
import { migrate, type SeededKey, seedKey } from "../../helpers/workerd.ts";

const DAY = 86_400_000;

beforeAll(migrate);

/** `used`: so many days ago; `null` for never. */
async function keyOf(created: number, used: number | null, more: Record<string, unknown> = {}): Promise<SeededKey> {
  const key = await seedKey();
  const at = (days: number | null) => (days === null ? null : AT_START - days * DAY);
  const row = { created_at: at(created), last_used_at: at(used), expires_at: AT_START + DAY, ...more };
  const names = Object.keys(row).map((name) => `${name} = ?`);
  await env.DB.prepare(`UPDATE api_keys SET ${names.join(", ")} WHERE id = ?`)
    .bind(...Object.values(row), key.id)
    .run();
  return key;
}

const FIRST: PageRequest = { limit: 100, after: undefined };
const read = (page = FIRST, caller = root()) => readUnusedKeys(controlOf(), caller, 90, page);

describe("the keys that were not used for 90 days", () => {
  test("are those of all organizations that work or are disabled, the longest unused first, in pages", async () => {
    const [never, once, disabled] = [
      await keyOf(200, null),
      await keyOf(400, 150),
      await keyOf(400, 120, { disabled_at: AT_START }),
    ];
    await keyOf(400, 89);
    await keyOf(89, null);
    await keyOf(400, 300, { expires_at: AT_START - 1 });
    await keyOf(400, 300, { revoked_at: AT_START, revoked_by: "root" });
    const all = granted(await read());
    expect(all.items.map(({ id }) => id)).toEqual([never.id, once.id, disabled.id]);
    const first = granted(await read({ limit: 2, after: undefined }));
    const second = granted(await read({ limit: 2, after: first.next }));
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(all.items.map(({ id }) => id));
    expect(second.next).toBeUndefined();
  });

  test("are for the root token", async () => {
    const member = { ...root(), standing: { kind: "member" } } as unknown as Caller;
    expect(codeOf(await read(FIRST, member))).toBe("management_forbidden");
  });
});
