/** What an isolate's heap holds once its garbage is collected, by the inspector of workerd. Compiled code does not count. */

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly chunk?: string };
}

interface Snapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: string[]; readonly node_types: [string[], ...unknown[]] };
  };
  /** The fields of one node after those of the other. */
  readonly nodes: number[];
}

/** `isolate`: the name of its Worker. */
export async function heldBytes(inspectorPort: number, isolate: string): Promise<number> {
  const inspector = new WebSocket(`ws://127.0.0.1:${inspectorPort}/core:user:${isolate}`);
  await new Promise((resolve, reject) => {
    inspector.addEventListener("open", resolve);
    inspector.addEventListener("error", () => reject(new Error("the inspector does not answer")));
  });
  try {
    // The inspector keeps a thousand lines of the log.
    await ask(inspector, 1, "Runtime.discardConsoleEntries");
    return sizeOf(JSON.parse(await ask(inspector, 2, "HeapProfiler.takeHeapSnapshot")));
  } finally {
    inspector.close();
  }
}

/** What comes in pieces before the answer. */
function ask(inspector: WebSocket, id: number, method: string): Promise<string> {
  const pieces: string[] = [];
  return new Promise((resolve) => {
    inspector.addEventListener("message", function hear({ data }) {
      const message = JSON.parse(String(data)) as Message;
      if (message.params?.chunk) pieces.push(message.params.chunk);
      if (message.id !== id) return;
      inspector.removeEventListener("message", hear);
      resolve(pieces.join(""));
    });
    inspector.send(JSON.stringify({ id, method }));
  });
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
