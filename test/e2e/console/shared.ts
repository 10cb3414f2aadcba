/** The gateway that the files of one worker share, and origins for it. */

import { inject } from "vitest";
import { type Gateway, gatewayAt } from "../../helpers/gateway.ts";
import type { Origin } from "../../helpers/origin.ts";
import { originsOn } from "../origins.ts";
import type { GatewayOfPages } from "./setup.ts";

const shared = inject("gatewaysOfPages")[Number(process.env.VITEST_POOL_ID) - 1] as GatewayOfPages;

export const gateway: Gateway = gatewayAt(shared);

export const origins = (): Record<"production" | "sandbox", Origin> => originsOn(shared.originPorts);
