/** An origin under test: a real HTTP server that remembers what reached it. */

import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  /** As they came, name by name. */
  readonly headerLines: readonly (readonly [name: string, value: string])[];
  readonly headers: IncomingHttpHeaders;
  /** Whether its body has come to its end by now. */
  isWhole(): boolean;
}

/** What it returns is waited for if it is a promise, and of no other interest. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

export interface Origin {
  readonly url: string;
  readonly server: Server;
  /** Since the start, or since `reset`. */
  readonly seen: SeenRequest[];
  /** From now on, until `reset`. */
  answer(answer: Answer): void;
  /** Forgets what it has seen, and answers again by telling what it got. */
  reset(): void;
  stop(): Promise<void>;
}

/** `port`: 0 for any that is free. */
export async function startOrigin(port = 0): Promise<Origin> {
  const seen: SeenRequest[] = [];
  let answering = echo;
  const server = createServer(async (request, response) => {
    const { method = "", url = "", rawHeaders, headers } = request;
    const headerLines = rawHeaders.flatMap((name, at) =>
      at % 2 === 0 ? [[name, rawHeaders[at + 1] as string] as const] : [],
    );
    seen.push({ method, url, headerLines, headers, isWhole: () => request.complete });
    await answering(request, response);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    seen,
    answer(answer) {
      answering = answer;
    },
    reset() {
      seen.length = 0;
      answering = echo;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

const echo: Answer = async (request, response) => {
  const { method, url, headers } = request;
  const body = await bodyOf(request).catch(() => undefined);
  if (body === undefined) return; // It was broken off, and nobody waits for an answer.
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ method, url, headers, body }));
};

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
