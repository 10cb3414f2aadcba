/** The gateways that the files of one worker share, and origins for them. */

import { inject } from "vitest";
import { type Gateway, gatewayAt } from "../helpers/gateway.ts";
import type { Origin } from "../helpers/origin.ts";
import { originsOn } from "./origins.ts";
import type { SharedGateways } from "./setup.ts";
import type { Way } from "./ways.ts";

const shared = inject("gateways")[Number(process.env.VITEST_POOL_ID) - 1] as SharedGateways;

/** As developers run it. */
export const devServer: Gateway = gatewayAt(shared.devServer);
/** Without the dev server's proxy in front. */
export const direct: Gateway = gatewayAt(shared.direct);

/** Where its origins are. */
export const { originPorts } = shared;

export const BOTH = [
  { server: "the dev server", gateway: devServer },
  { server: "workerd's own socket", gateway: direct },
];

export const origins = (): Record<"production" | "sandbox", Origin> => originsOn(originPorts);

/** Where a client of `both` ways begins. `origins`: of the file whose test it is. */
export function baseOf(origins: Record<"sandbox", Origin>): (way: Way) => string {
  return (way) =>
    way === "through" ? `${devServer.base("sandbox")}/signatures` : `${origins.sandbox.url}/base/signatures`;
}
