/** What lasts, through the gateway and through the yardstick that does the same work without deciding. */

import Table from "cli-table3";
import type { FlowClient } from "./client.ts";
import { FLOWS, type Flow, PATHS } from "./flow.ts";
import { ratio, type Spread, spreadOf } from "./report.ts";
import type { Runtime } from "./runtime.ts";

export interface FlowRow {
  readonly name: string;
  readonly perSecond: Spread;
  readonly ofEqual: Spread;
}

interface FlowCase {
  readonly name: string;
  readonly flow: Flow;
  /** Of the yardstick and of the gateway. */
  readonly urls: readonly [equal: string, keygate: string];
}

/** Under way at once. */
const CONNECTIONS = 16;
/** Only these may take long, and so are watched for the revocation of their key. */
const WATCHED: readonly Flow[] = ["1 MiB down, chunked", "events", "WebSocket messages"];

export function flowCases({ urls }: Pick<Runtime, "urls">): FlowCase[] {
  return FLOWS.flatMap((flow) => {
    const through = (route: string) => `${urls.keygate}/production/${route}/${PATHS[flow]}`;
    const equal = `${urls.equal}/production/signatures/${PATHS[flow]}`;
    const plain = { name: flow, flow, urls: [equal, through("signatures")] } as const;
    return WATCHED.includes(flow)
      ? [plain, { ...plain, name: `${flow}, watched`, urls: [equal, through("watched")] }]
      : [plain];
  });
}

export async function measureFlow(
  { name, flow, urls }: FlowCase,
  client: FlowClient,
  secret: string,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<FlowRow> {
  const run = (url: string) => client.run({ flow, url, secret, connections: CONNECTIONS, seconds });
  const measured: { equal: number; keygate: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    // There and back, so that what changes with time does not always fall on the same one.
    const first = await run(urls[round % 2] as string);
    const second = await run(urls[(round + 1) % 2] as string);
    measured.push(round % 2 ? { keygate: first, equal: second } : { equal: first, keygate: second });
  }
  return {
    name,
    perSecond: spreadOf(measured.map(({ keygate }) => keygate)),
    ofEqual: spreadOf(measured.map(({ keygate, equal }) => keygate / equal)),
  };
}

export function flowTableOf(rows: readonly FlowRow[]): string {
  const table = new Table({
    head: ["what lasts", "a second", "of equal"],
    colAligns: ["left", "right", "right"],
    style: { head: [], border: [] },
  });
  for (const { name, perSecond, ofEqual } of rows) table.push([name, perSecond.median.toFixed(0), ratio(ofEqual)]);
  return table.toString();
}
