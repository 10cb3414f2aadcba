/** Starts the gateways that the tests of pages share: one for each worker, as the gateways of the other tests over HTTP. */

import type { TestProject } from "vitest/node";
import { startDirect } from "../../helpers/direct.ts";
import { freePort, type GatewayAddress } from "../../helpers/gateway.ts";
import { countWritten } from "../../helpers/line-contract.ts";
import { guardingText } from "../configs/base.ts";
import type { OriginPorts } from "../origins.ts";

export interface GatewayOfPages extends GatewayAddress {
  readonly originPorts: OriginPorts;
}

declare module "vitest" {
  interface ProvidedContext {
    /** One for each worker. */
    gatewaysOfPages: GatewayOfPages[];
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started = await Promise.all(Array.from({ length: project.config.maxWorkers }, start));
  project.provide(
    "gatewaysOfPages",
    started.map(({ gateway: { port, rootToken, state }, originPorts }) => ({ port, rootToken, state, originPorts })),
  );
  return async () => {
    for (const { gateway } of started) {
      await gateway.stop();
      // Whatever the tests asked.
      countWritten(gateway.output());
      gateway.forget();
    }
  };
}

async function start() {
  const originPorts = { production: await freePort(), sandbox: await freePort() };
  const config = guardingText(originPorts.production, originPorts.sandbox);
  return { gateway: await startDirect(config, { constants: { REPORT_AFTER_MS: 300 } }), originPorts };
}
