/** Starts the gateways that the files of this project share, once; the origins behind them are each file's own. */

import type { TestProject } from "vitest/node";
import { startDirect } from "../helpers/direct.ts";
import { freePort, type GatewayAddress, startGateway } from "../helpers/gateway.ts";
import { guardingText } from "./configs/base.ts";

declare module "vitest" {
  interface ProvidedContext {
    devServer: GatewayAddress;
    direct: GatewayAddress;
    originPorts: { production: number; sandbox: number };
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const originPorts = { production: await freePort(), sandbox: await freePort() };
  const config = guardingText(originPorts.production, originPorts.sandbox);
  const [devServer, direct] = await Promise.all([startGateway(config), startDirect(config)]);
  project.provide("originPorts", originPorts);
  for (const [name, { port, rootToken, state }] of Object.entries({ devServer, direct })) {
    project.provide(name as "devServer", { port, rootToken, state });
  }
  return async () => {
    await Promise.all([devServer.stop(), direct.stop()]);
    devServer.forget();
    direct.forget();
  };
}
