/** The inspector of workerd, for one isolate. */

interface Message {
  readonly id?: number;
  readonly result?: unknown;
  readonly params?: { readonly chunk?: string };
}

export interface Answer {
  readonly result: unknown;
  /** What came in pieces before the answer. */
  readonly text: string;
}

export interface Inspector {
  ask(method: string, params?: object): Promise<Answer>;
  close(): void;
}

/** `isolate`: the name of its Worker. */
export async function inspect(port: number, isolate: string): Promise<Inspector> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/core:user:${isolate}`);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", () => reject(new Error("the inspector does not answer")));
  });
  let asked = 0;
  return {
    ask(method, params = {}) {
      const id = ++asked;
      const pieces: string[] = [];
      return new Promise((resolve) => {
        socket.addEventListener("message", function hear({ data }) {
          const message = JSON.parse(String(data)) as Message;
          if (message.params?.chunk) pieces.push(message.params.chunk);
          if (message.id !== id) return;
          socket.removeEventListener("message", hear);
          resolve({ result: message.result, text: pieces.join("") });
        });
        socket.send(JSON.stringify({ id, method, params }));
      });
    },
    close: () => socket.close(),
  };
}
