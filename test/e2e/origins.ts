/** The origins behind the gateways that files share. */

import { afterAll, beforeAll, beforeEach } from "vitest";
import { type Origin, startOrigin } from "../helpers/origin.ts";

export interface OriginPorts {
  readonly production: number;
  readonly sandbox: number;
}

/** Origins for this file. Each test finds them as if they had just been started. */
export function originsOn(ports: OriginPorts): Record<"production" | "sandbox", Origin> {
  const running = {} as Record<"production" | "sandbox", Origin>;
  beforeAll(async () => {
    running.production = await startOrigin(ports.production);
    running.sandbox = await startOrigin(ports.sandbox);
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
