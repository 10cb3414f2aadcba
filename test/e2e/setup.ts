/**
 * Starts the gateways that the files of this project share, once. Each worker has its own, because the origins behind them, on
 * fixed ports, are each file's own.
 */

import type { TestProject } from "vitest/node";
import type { Constants } from "../helpers/constants.ts";
import { startDirect } from "../helpers/direct.ts";
import { freePort, type GatewayAddress, startGateway } from "../helpers/gateway.ts";
import { countWritten } from "../helpers/line-contract.ts";
import { guardingText } from "./configs/base.ts";
import type { OriginPorts } from "./origins.ts";

export interface SharedGateways {
  readonly devServer: GatewayAddress;
  readonly direct: GatewayAddress;
  readonly originPorts: OriginPorts;
}

declare module "vitest" {
  interface ProvidedContext {
    /** One for each worker. */
    gateways: SharedGateways[];
  }
}

/** What lasts is looked at every 10 s, which tests of the watch hold. */
const CONSTANTS: Constants = { LOOK_EVERY_MS: 2_000 };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started: Awaited<ReturnType<typeof start>>[] = [];
  // Not all at once: a dev server has a minute to start.
  while (started.length < project.config.maxWorkers) started.push(await start());
  project.provide(
    "gateways",
    started.map(({ addresses }) => addresses),
  );
  return async () => {
    await Promise.all(started.map(({ stop }) => stop()));
  };
}

async function start() {
  const originPorts = { production: await freePort(), sandbox: await freePort() };
  const config = guardingText(originPorts.production, originPorts.sandbox);
  const [devServer, direct] = await Promise.all([startGateway(config), startDirect(config, { constants: CONSTANTS })]);
  const addressOf = ({ port, rootToken, state }: GatewayAddress) => ({ port, rootToken, state });
  return {
    addresses: { devServer: addressOf(devServer), direct: addressOf(direct), originPorts },
    async stop() {
      await Promise.all([devServer.stop(), direct.stop()]);
      // Whatever the tests asked.
      for (const gateway of [devServer, direct]) countWritten(gateway.output());
      devServer.forget();
      direct.forget();
    },
  };
}
