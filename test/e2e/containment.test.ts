import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { codeOf, headerOf, rawRequest, sendRaw } from "../helpers/raw.ts";
import { bearing, type Key, seed } from "../helpers/seed.ts";
import { direct, origins } from "./shared.ts";

const origin = origins();
let key: Key;
beforeAll(async () => {
  key = await (await seed(direct)).key();
});

const lines = (headers: [string, string][] = []): [string, string][] => [
  ["Host", `127.0.0.1:${direct.port}`],
  ...Object.entries(bearing(key)),
  ...headers,
];
const send = (method: string, path: string, headers: [string, string][] = [], body = "") =>
  sendRaw(direct.port, rawRequest(method, `/sandbox${path}`, lines(headers), body));
/** With framing of the test's own. */
const sendAs = (head: string, headers: [string, string][], body: string) =>
  sendRaw(direct.port, `${rawRequest("POST", `/sandbox${head}`, lines(headers))}${body}`);
const CHUNKED: [string, string] = ["Transfer-Encoding", "chunked"];

function opened(): Socket {
  const socket = connect(direct.port, "127.0.0.1");
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

describe("A route takes no more than it says", () => {
  test.for([
    { name: "a URL", path: `/bounded/1?${"a".repeat(300)}`, headers: [], status: 414, code: "url_too_long" },
    {
      name: "header fields by their bytes",
      path: "/bounded/1",
      headers: [["X-Long", "a".repeat(2_000)]],
      status: 431,
      code: "headers_too_large",
    },
    {
      name: "header fields by their number",
      path: "/bounded/1",
      headers: Array.from({ length: 20 }, (_, at) => [`X-${at}`, "a"]),
      status: 431,
      code: "headers_too_large",
    },
    {
      name: "an announced body",
      path: "/bounded/1",
      headers: [],
      body: "b".repeat(1_001),
      status: 413,
      code: "body_too_large",
    },
  ])("$name, and the origin hears nothing of more", async ({ path, headers, body = "", status, code }) => {
    const response = await send("POST", path, headers as [string, string][], body);
    expect([response?.status, codeOf(response), origin.sandbox.seen.length]).toEqual([status, code, 0]);
  });

  test("what another route's own limits let through", async () => {
    expect((await send("POST", "/bounded/1", [], "b".repeat(1_000)))?.status).toBe(200);
    expect((await send("POST", "/signatures/1", [], "b".repeat(1_001)))?.status).toBe(200);
  });

  test("a body that was not announced is cut at its limit, and the origin's request is broken off", async () => {
    const broken = Promise.withResolvers<void>();
    origin.sandbox.answer((request) => void request.on("error", () => broken.resolve()).resume());
    const response = await sendAs("/bounded/1", [CHUNKED], `3e9\r\n${"b".repeat(1_001)}\r\n`);
    expect([response?.status, codeOf(response)]).toEqual([413, "body_too_large"]);
    if (origin.sandbox.seen.length > 0) await broken.promise;
  });

  test("a GET whose body has no length is refused", async () => {
    const head = rawRequest("GET", "/sandbox/signatures/unmeasured", lines([CHUNKED]));
    const response = await sendRaw(direct.port, `${head}5\r\nhello\r\n0\r\n\r\n`);
    expect([response?.status, codeOf(response)]).toEqual([411, "length_required"]);
    // The POST of the test before can come this late.
    expect(origin.sandbox.seen.filter(({ url }) => url.endsWith("/unmeasured"))).toEqual([]);
  });
});

describe("What a client breaks is not laid to the origin", () => {
  test.for([
    { name: "a chunk that is none", headers: [CHUNKED], body: "5\r\nhello\r\nZZZ\r\n" },
    {
      name: "an end before the announced length, of a body that is watched",
      path: "/hasty/1",
      headers: [["Content-Length", "10"]],
      body: "hello",
      ends: true,
    },
    { name: "an end before the last chunk", headers: [CHUNKED], body: "5\r\nhello\r\n", ends: true },
  ])("$name", async ({ path = "/signatures/1", headers, body, ends }) => {
    origin.sandbox.answer((request) => void request.on("error", () => {}).resume());
    const socket = opened();
    socket.write(`${rawRequest("POST", `/sandbox${path}`, lines(headers as [string, string][]))}${body}`);
    if (ends) {
      await once(origin.sandbox.server, "request");
      socket.end();
    }
    let answer = "";
    while (!answer.includes("}")) answer += (await once(socket, "data"))[0];
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain("request_broken_off");
  });
});

describe("A bad origin hurts no one", () => {
  test.for([
    { method: "GET", body: "" },
    { method: "POST", body: "x" },
  ])("one that does not begin to answer a $method: 504, which tells whose it is", async ({ method, body }) => {
    origin.sandbox.answer(() => {});
    const response = await send(method, "/hasty/1", [], body);
    expect([response?.status, codeOf(response)]).toEqual([504, "origin_timeout"]);
    expect(headerOf(response, "content-type")).toBe("application/problem+json");
    expect(origin.sandbox.seen.length).toBe(1);
  });

  test.for(["GET", "POST"])("an answer to a %s that has begun may last longer than its beginning", async (method) => {
    origin.sandbox.answer((_, response) => {
      let letters = 0;
      const writing = setInterval(() => {
        response.write("a");
        if (++letters < 8) return;
        clearInterval(writing);
        response.end();
      }, 250);
    });
    expect((await send(method, "/hasty/1", [], method === "GET" ? "" : "x"))?.body).toBe("aaaaaaaa");
  });

  test("a slow upload is not the origin's delay", async () => {
    const socket = opened();
    socket.write(rawRequest("POST", "/sandbox/hasty/1", lines([["Content-Length", "8"]])));
    for (const letter of "good day") {
      await new Promise((later) => setTimeout(later, 250));
      socket.write(letter);
    }
    let answer = "";
    while (!answer.includes("good day")) answer += (await once(socket, "data"))[0];
    expect(answer).toMatch(/^HTTP\/1\.1 200 .*good day/s);
  });

  test("a client that stops in mid-body: 408", async () => {
    origin.sandbox.answer((request) => void request.on("error", () => {}).resume());
    const response = await sendAs("/hasty/1", [["Content-Length", "10"]], "hello");
    expect([response?.status, codeOf(response)]).toEqual([408, "request_timeout"]);
  });

  test.for([
    ["whose digest is to be signed", "/digested/brisk/1"],
    ["that a hook reads", "/hooked/brisk/1"],
  ])("a client that stops in mid-body, of a GET %s: 408", async ([, path]) => {
    const head = rawRequest("GET", `/sandbox${path}`, lines([["Content-Length", "10"]]));
    const response = await sendRaw(direct.port, `${head}hello`);
    expect([response?.status, codeOf(response)]).toEqual([408, "request_timeout"]);
  });

  test("a client that stops in mid-body, of a short body that is not watched, has the origin's time and no more", async () => {
    origin.sandbox.answer((request) => void request.on("error", () => {}).resume());
    const response = await sendAs("/brisk/1", [["Content-Length", "10"]], "hello");
    expect([response?.status, codeOf(response)]).toEqual([504, "origin_timeout"]);
  });

  test("a client that leaves in mid-body, of a short body that is not watched, leaves the origin too", async () => {
    const left = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    origin.sandbox.answer((request) => {
      request.on("error", () => left.resolve()).resume();
      begun.resolve();
    });
    const socket = opened();
    socket.write(`${rawRequest("POST", "/sandbox/signatures/1", lines([["Content-Length", "10"]]))}hello`);
    await begun.promise;
    socket.destroy();
    await left.promise;
  });

  test("a short body that is not watched may come at 16 KiB a second, beside the origin's own time", async () => {
    const socket = opened();
    socket.write(rawRequest("POST", "/sandbox/brisk/1", lines([["Content-Length", String(4 * 16_384)]])));
    for (let part = 0; part < 4; part++) {
      await new Promise((later) => setTimeout(later, 600));
      socket.write("b".repeat(16_384));
    }
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test("one that stops in mid-answer is broken off, and so is its call", async () => {
    const left = Promise.withResolvers<void>();
    origin.sandbox.answer((request, response) => {
      request.socket.on("close", () => left.resolve());
      response.writeHead(200, { "Content-Length": "10" }).write("hello");
    });
    const response = await fetch(`${direct.base("sandbox")}/hasty/1`, { headers: bearing(key) });
    await expect(response.text()).rejects.toThrow();
    await left.promise;
  });

  test.for([
    { name: "garbage", answer: "garbage\r\n\r\n" },
    { name: "two lengths", answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc" },
    { name: "NUL in a header", answer: "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nok" },
    { name: "a status below 200", answer: "HTTP/1.1 199 Odd\r\nContent-Length: 2\r\n\r\nok" },
    { name: "nothing", answer: "" },
  ])("one that answers $name: 502, asked no more than twice", async ({ answer }) => {
    origin.sandbox.answer((request) => void request.socket.end(answer));
    const response = await send("GET", "/signatures/1");
    expect([response?.status, codeOf(response)]).toEqual([502, "origin_unreachable"]);
    expect(origin.sandbox.seen.length).toBeLessThanOrEqual(2);
  });

  test("one that hangs up is asked again, once, for what may be repeated", async () => {
    let asked = 0;
    origin.sandbox.answer((request, response) => {
      asked += 1;
      if (asked === 1) request.socket.destroy();
      else response.end("at last");
    });
    expect((await send("GET", "/signatures/1"))?.body).toBe("at last");
    asked = 0;
    expect((await send("POST", "/signatures/1", [], "x"))?.status).toBe(502);
    expect(asked).toBe(1);
  });

  test("one that refuses connections: 502", async () => {
    const response = await send("GET", "/nobody/1");
    expect([response?.status, codeOf(response)]).toEqual([502, "origin_unreachable"]);
  });

  test("one that resets in mid-answer: the client is told so, and gets no whole answer", async () => {
    origin.sandbox.answer((request, response) => {
      response.writeHead(200, { "Content-Length": 10 }).write("hello", () => request.socket.resetAndDestroy());
    });
    const response = await fetch(`${direct.base("sandbox")}/signatures/1`, { headers: bearing(key) });
    await expect(response.text()).rejects.toThrow();
  });

  test("one that dribbles is waited for, byte by byte", async () => {
    origin.sandbox.answer((_, response) => {
      let left = 20;
      const dribbling = setInterval(() => {
        response.write(".");
        if (--left > 0) return;
        clearInterval(dribbling);
        response.end();
      }, 100);
    });
    expect((await send("GET", "/hasty/1"))?.body).toBe(".".repeat(20));
  });

  test("one that closes kept connections between requests loses none of them", async () => {
    for (let n = 0; n < 10; n++) {
      const closed = Promise.withResolvers<void>();
      origin.sandbox.answer((request, response) => {
        request.socket.once("close", () => closed.resolve());
        response.end("kept", () => setTimeout(() => request.socket.destroy(), 20));
      });
      expect((await send("GET", "/signatures/1"))?.body).toBe("kept");
      await closed.promise;
      expect((await send("POST", "/signatures/1", [], "x"))?.body).toBe("kept");
    }
  });

  test("one that is down is not asked twice for each request", async () => {
    origin.sandbox.answer((request) => void request.socket.destroy());
    for (let n = 0; n < 40; n++) expect((await send("GET", "/signatures/1"))?.status).toBe(502);
    expect(origin.sandbox.seen.length).toBeLessThan(40 + 25);
  });

  test("one with 3,000 headers gets through or is refused", async () => {
    origin.sandbox.answer((_, response) => {
      for (let n = 0; n < 3_000; n++) response.setHeader(`X-${n}`, "a");
      response.end("many");
    });
    expect([200, 502]).toContain((await send("GET", "/signatures/1"))?.status);
  });

  test("an answer without end is held by nobody: the client takes what it wants, and leaves", async () => {
    const left = Promise.withResolvers<void>();
    let written = 0;
    origin.sandbox.answer((request, response) => {
      request.socket.on("close", () => left.resolve());
      const more = () => {
        while (!request.socket.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536;
      };
      response.on("drain", more);
      more();
    });
    const socket = opened();
    socket.write(rawRequest("GET", "/sandbox/signatures/1", lines()));
    await once(socket, "data");
    socket.pause();
    // What the origin can write while nobody reads is what buffers on the way hold.
    await new Promise((later) => setTimeout(later, 1_000));
    expect(written).toBeLessThan(32 * 2 ** 20);
    socket.resetAndDestroy();
    await left.promise;
  });

  test("after 4 s of every fault at once the gateway serves on, and no call is left open", async () => {
    const faults = [
      (socket: Socket) => void socket.destroy(),
      (socket: Socket) => void socket.end("garbage\r\n\r\n"),
      (socket: Socket) => void socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"),
      (socket: Socket) => void socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
      (socket: Socket) => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhangs"),
      () => {},
    ];
    let count = 0;
    origin.sandbox.answer((request) => {
      request.on("error", () => {}).resume();
      faults[count++ % faults.length]?.(request.socket);
    });
    const until = Date.now() + 4_000;
    const statuses = new Set<number>();
    const client = async (n: number) => {
      while (Date.now() < until) {
        const body = n % 2 ? { method: "POST", body: "x".repeat(1 + n * 1_000) } : {};
        const init = { headers: bearing(key), signal: AbortSignal.timeout(n % 3 ? 3_000 : 300), ...body };
        const response = await fetch(`${direct.base("sandbox")}/hasty/1`, init).catch(() => undefined);
        if (response) statuses.add(response.status);
        await response?.text().catch(() => undefined);
      }
    };
    await Promise.all(Array.from({ length: 12 }, (_, n) => client(n)));
    expect([...statuses].sort().filter((status) => ![200, 502, 504].includes(status))).toEqual([]);
    origin.sandbox.reset();
    expect((await send("GET", "/signatures/1"))?.status).toBe(200);
    const connections = () =>
      new Promise<number>((done) => origin.sandbox.server.getConnections((_, open) => done(open)));
    await expect.poll(connections, { timeout: 8_000, interval: 250 }).toBeLessThan(12);
  });
});
