/** The gateways that all files of this project share, and origins for them. */

import { afterAll, beforeAll, beforeEach, inject } from "vitest";
import { type Gateway, gatewayAt } from "../helpers/gateway.ts";
import { type Origin, startOrigin } from "../helpers/origin.ts";

/** As developers run it. */
export const devServer: Gateway = gatewayAt(inject("devServer"));
/** Without the dev server's proxy in front. */
export const direct: Gateway = gatewayAt(inject("direct"));

export const BOTH = [
  { server: "the dev server", gateway: devServer },
  { server: "workerd's own socket", gateway: direct },
];

/** Origins for this file. Each test finds them as if they had just been started. */
export function origins(): Record<"production" | "sandbox", Origin> {
  const running = {} as Record<"production" | "sandbox", Origin>;
  beforeAll(async () => {
    const { production, sandbox } = inject("originPorts");
    running.production = await startOrigin(production);
    running.sandbox = await startOrigin(sandbox);
  });
  beforeEach(() => {
    running.production.reset();
    running.sandbox.reset();
  });
  afterAll(async () => {
    await Promise.all([running.production?.stop(), running.sandbox?.stop()]);
  });
  return running;
}
