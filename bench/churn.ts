/** Keys that come and go: what an isolate still holds of them when they are gone. */

import type { Constants } from "../test/helpers/constants.ts";
import { startDirect } from "../test/helpers/direct.ts";
import { freePort, type Gateway } from "../test/helpers/gateway.ts";
import { bearing, type Key, seed } from "../test/helpers/seed.ts";
import { heldBytes } from "./heap.ts";
import { childNamed, residentBytes } from "./process.ts";

/** What one isolate remembers, so small that all of it is replaced many times: of desks, some 20 to 40. */
const MEMORIES: Constants = {
  REMEMBERED_SECRETS: 20,
  MEMORY_SIZE: 20,
  DESKS_BYTES: 40_000,
  COUNTED_KEYS: 20,
  SEEN: 20,
};
const WARM_UP_KEYS = 400;
const AT_ONCE = 5;
/** An object leaves memory 10 s after its last request, and a round of reports takes as long. */
const OBJECTS_LEAVE_MS = 15_000;

export interface Churned {
  /** By how much the isolate's heap grew with each key, once objects have left memory and garbage is collected. */
  readonly heldPerKey: number;
  /** By how much workerd's resident memory grew with each key. */
  readonly residentPerKey: number;
}

/** Each key is created, used and revoked. */
export async function churn(keys: number): Promise<Churned> {
  const inspectorPort = await freePort();
  const config = `
    import { guarding } from "PROJECT/test/e2e/configs/base.ts";
    export default guarding({ production: "http://127.0.0.1:2", sandbox: "http://127.0.0.1:3" });
  `;
  const gateway = await startDirect(config, { constants: MEMORIES, inspectorPort });
  const workerd = childNamed("workerd");
  const measure = async () => ({
    resident: residentBytes(workerd),
    held: await heldBytes(inspectorPort, "isolate-0"),
  });
  try {
    const tenant = await seed(gateway);
    const replace = async (count: number) => {
      let left = count;
      const one = async () => {
        while (left-- > 0) await useOnce(gateway, await tenant.key());
      };
      await Promise.all(Array.from({ length: AT_ONCE }, one));
      await new Promise((later) => setTimeout(later, OBJECTS_LEAVE_MS));
    };
    await replace(WARM_UP_KEYS);
    const before = await measure();
    await replace(keys);
    const after = await measure();
    const perKey = (name: "held" | "resident") => (after[name] - before[name]) / keys;
    return { heldPerKey: perKey("held"), residentPerKey: perKey("resident") };
  } finally {
    await gateway.stop();
    gateway.forget();
  }
}

async function useOnce(gateway: Gateway, key: Key): Promise<void> {
  // Nobody is at the origin: it is asked only if the key is accepted.
  const { status } = await fetch(`${gateway.base("sandbox")}/signatures/1`, { headers: bearing(key) });
  if (status !== 502) throw new Error(`the gateway answered ${status}`);
  const revoked = await gateway.manage("POST", `/v1/api-keys/${key.id}/revoke`, {});
  if (revoked.status !== 200) throw new Error(`revoking answered ${revoked.status}`);
}
