/** What an isolate's heap holds once its garbage is collected. Compiled code does not count. */

import { inspect } from "./inspector.ts";

interface Snapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: string[]; readonly node_types: [string[], ...unknown[]] };
  };
  /** The fields of one node after those of the other. */
  readonly nodes: number[];
}

/** `isolate`: the name of its Worker. */
export async function heldBytes(inspectorPort: number, isolate: string): Promise<number> {
  const inspector = await inspect(inspectorPort, isolate);
  try {
    // The inspector keeps a thousand lines of the log.
    await inspector.ask("Runtime.discardConsoleEntries");
    return sizeOf(JSON.parse((await inspector.ask("HeapProfiler.takeHeapSnapshot")).text));
  } finally {
    inspector.close();
  }
}

function sizeOf({ snapshot: { meta }, nodes }: Snapshot): number {
  const { node_fields: fields, node_types: types } = meta;
  const [type, size] = [fields.indexOf("type"), fields.indexOf("self_size")];
  const code = types[0].indexOf("code");
  let sum = 0;
  for (let at = 0; at < nodes.length; at += fields.length) {
    if (nodes[at + type] !== code) sum += nodes[at + size] as number;
  }
  return sum;
}
