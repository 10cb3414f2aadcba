/** One of examples/models, run as it is written there, but for its origins: those are the test's own. */

import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll } from "vitest";
import { startDirect } from "../../helpers/direct.ts";
import type { RunningGateway } from "../../helpers/gateway.ts";
import { type Origin, startOrigin } from "../../helpers/origin.ts";
import { bearing, type Key } from "../../helpers/seed.ts";
import { type Answer, answerOf } from "./clients.ts";

export interface Model {
  gateway: RunningGateway;
  /** One for each environment. */
  readonly origins: Record<string, Origin>;
  /** Calls the product's API with a key. */
  call(key: Pick<Key, "secret">, method: string, path: string, environment?: string): Promise<Answer>;
}

export function runModel(name: string, environments: readonly string[]): Model {
  const model: Model = {
    gateway: undefined as never,
    origins: {},
    call: async (key, method, path, environment = environments[0] as string) =>
      answerOf(await fetch(model.gateway.base(environment) + path, { method, headers: bearing(key) })),
  };
  beforeAll(async () => {
    for (const environment of environments) model.origins[environment] = await startOrigin();
    const places = Object.fromEntries(Object.entries(model.origins).map(([place, { url }]) => [place, { url }]));
    model.gateway = await startDirect(`
      import model from "PROJECT/examples/models/${name}/gateway.config.ts";
      const origins = Object.keys(model.origins).map((origin) => [origin, ${JSON.stringify(places)}]);
      export default { ...model, origins: Object.fromEntries(origins) };
    `);
  });
  afterAll(async () => {
    await model.gateway?.stop();
    model.gateway?.forget();
    await Promise.all(Object.values(model.origins).map((origin) => origin.stop()));
  });
  return model;
}

/** Of design and documentation: a lease's life and its margin. */
const BOUND_MS = 2_500;

/**
 * What `ask` is answered before the change, and several times from the bound on. It goes on asking in between, so that a
 * lease of before the change lives as long as it can.
 */
export async function across<T>(
  change: () => Promise<Answer>,
  ask: () => Promise<T>,
): Promise<{ before: T; after: T[] }> {
  const before = await ask();
  const { status } = await change();
  if (status !== 200) throw new Error(`the change was answered with ${status}`);
  const bound = performance.now() + BOUND_MS;
  for (; performance.now() < bound; await wait(50)) await ask();
  const after: T[] = [];
  for (let time = 0; time < 5; time++) after.push(await ask());
  return { before, after };
}
