/** SDKs that nobody here wrote, against stand-ins for their services: each does the same with and without the gateway. */

import { randomUUID } from "node:crypto";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { LoggingMessageNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import OpenAI from "openai";
import { beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { type Key, seed } from "../helpers/seed.ts";
import { baseOf, devServer, origins } from "./shared.ts";
import { both, type Way } from "./ways.ts";

const origin = origins();
const base = baseOf(origin);
let key: Key;
beforeAll(async () => {
  key = await (await seed(devServer)).key();
});

describe("OpenAI's SDK", () => {
  const sdk = (way: Way) => new OpenAI({ apiKey: key.secret, baseURL: base(way), maxRetries: 0 });
  const messages = [{ role: "user" as const, content: "Say hello" }];
  const completion = { id: "c1", object: "chat.completion", created: 1, model: "m" };
  const answer = (change: object) =>
    origin.sandbox.answer(async (request, response) => {
      const asked = JSON.parse(Buffer.concat(await request.toArray()).toString());
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify({ ...completion, choices: [{ index: 0, asked, ...change }] }));
    });

  test("gets a completion", async () => {
    answer({ message: { role: "assistant", content: "hello" }, finish_reason: "stop" });
    const got = await both(async (way) => {
      const { choices } = await sdk(way).chat.completions.create({ model: "m", messages });
      return choices;
    });
    expect(got[0]).toMatchObject({ message: { content: "hello" }, asked: { messages } });
  });

  test("reads one word by word", async () => {
    const words = ["hel", "lo ", "wörld"];
    origin.sandbox.answer(async (request, response) => {
      await request.toArray();
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      for (const content of words) {
        const chunk = { ...completion, object: "chat.completion.chunk", choices: [{ index: 0, delta: { content } }] };
        response.write(`data: ${JSON.stringify(chunk)}\n\n`);
      }
      response.end("data: [DONE]\n\n");
    });
    const got = await both(async (way) => {
      const parts: unknown[] = [];
      const stream = await sdk(way).chat.completions.create({ model: "m", messages, stream: true });
      for await (const { choices } of stream) parts.push(choices[0]?.delta.content);
      return parts;
    });
    expect(got).toEqual(words);
  });

  test("tells an error of the service by its own words", async () => {
    const error = { message: "Slow down", type: "requests", param: null, code: "rate_limit" };
    origin.sandbox.answer(async (request, response) => {
      await request.toArray();
      response.writeHead(429, { "Content-Type": "application/json", "Retry-After": "7" });
      response.end(JSON.stringify({ error }));
    });
    const got = await both((way) =>
      sdk(way)
        .chat.completions.create({ model: "m", messages })
        .then(
          () => undefined,
          (failure) => [failure.constructor.name, failure.status, failure.error, failure.headers.get("retry-after")],
        ),
    );
    expect(got).toEqual(["RateLimitError", 429, error, "7"]);
  });
});

describe("MCP's SDK", () => {
  /** A server with one tool, which tells its caller how it gets on, and whoever listens that it was called. Its sessions, until they are ended. */
  function serve(): Map<string, unknown> {
    const sessions = new Map<string, StreamableHTTPServerTransport>();
    origin.sandbox.answer(async (request, response) => {
      const known = sessions.get(String(request.headers["mcp-session-id"]));
      if (known) return known.handleRequest(request, response);
      const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (id) => void sessions.set(id, transport),
        onsessionclosed: (id) => void sessions.delete(id),
      });
      const server = new McpServer({ name: "adder", version: "1" }, { capabilities: { logging: {} } });
      server.registerTool(
        "add",
        { inputSchema: { a: z.number(), b: z.number() } },
        async ({ a, b }, { sendNotification }) => {
          await sendNotification({ method: "notifications/message", params: { level: "info", data: "adding" } });
          await server.sendLoggingMessage({ level: "info", data: "called" });
          return { content: [{ type: "text", text: String(a + b) }] };
        },
      );
      await server.connect(transport);
      return transport.handleRequest(request, response);
    });
    return sessions;
  }

  test("opens a session, lists and calls tools, hears of them while and besides, and ends it", async () => {
    const sessions = serve();
    const got = await both(async (way) => {
      const headers = { Authorization: `Bearer ${key.secret}` };
      const { promise: listening, resolve: listens } = Promise.withResolvers<void>();
      const transport = new StreamableHTTPClientTransport(new URL(`${base(way)}/mcp`), {
        requestInit: { headers },
        async fetch(url, init) {
          const answer = await fetch(url, init);
          if (init?.method === "GET") listens();
          return answer;
        },
      });
      const client = new Client({ name: "test", version: "1" });
      const told: unknown[] = [];
      client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void told.push(params.data));
      await client.connect(transport);
      await listening;
      const { tools } = await client.listTools();
      const { content } = await client.callTool({ name: "add", arguments: { a: 2, b: 40 } });
      await expect.poll(() => told.toSorted()).toEqual(["adding", "called"]);
      const open = sessions.has(String(transport.sessionId));
      await transport.terminateSession();
      await client.close();
      return [tools.map(({ name }) => name), content, open, sessions.size];
    });
    expect(got).toEqual([["add"], [{ type: "text", text: "42" }], true, 0]);
  });
});
