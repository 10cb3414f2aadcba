import { describe, expect, test } from "vitest";
import { type FlowLimits, pump } from "../../src/gateway/pump.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const flow = (source: ReadableStream<Uint8Array>, limits: Partial<FlowLimits> = {}) =>
  pump(source, { length: undefined, now: () => Date.now(), ...limits });
const streamOf = (text: string) => new Response(text).body as ReadableStream<Uint8Array>;

describe("a body that is watched", () => {
  test.each(["", "a", "a".repeat(300_000)])("comes through as it was", async (text) => {
    const { readable, ended } = flow(streamOf(text));
    expect(await new Response(readable).text()).toBe(text);
    expect(await ended).toBe("done");
  });

  test("may be one that JavaScript makes", async () => {
    const source = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes("one "));
        controller.enqueue(bytes("two"));
        controller.close();
      },
    });
    expect(await new Response(flow(source).readable).text()).toBe("one two");
  });

  test("is cut where it grows too large, and not one byte before", async () => {
    const kept = flow(streamOf("12345"), { maxBytes: 5 });
    expect(await new Response(kept.readable).text()).toBe("12345");
    const cut = flow(streamOf("123456"), { maxBytes: 5 });
    await expect(new Response(cut.readable).text()).rejects.toThrow();
    expect(await cut.ended).toBe("too large");
  });

  test("tells that its source broke off", async () => {
    const source = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error("gone")) });
    const { readable, ended } = flow(source);
    await expect(new Response(readable).text()).rejects.toThrow();
    expect(await ended).toBe("source broke");
  });

  test("tells that whoever read it has left", async () => {
    const { readable, ended } = flow(streamOf("a".repeat(300_000)));
    await readable.cancel();
    expect(await ended).toBe("sink broke");
  });

  test("is broken off when it is stopped, whatever it waits for", async () => {
    const { readable, ended, stop } = flow(new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) }));
    const read = new Response(readable).text();
    stop();
    await expect(read).rejects.toThrow();
    expect(await ended).toBe("stopped");
  });

  test.each([
    ["source idle", () => flow(new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) }), { idleMs: 20 })],
    ["sink idle", () => flow(streamOf("a".repeat(300_000)), { idleMs: 20 })],
  ])("stands still no longer than it may, and tells which end did: %s", async (end, begin) => {
    expect(await begin().ended).toBe(end);
  });

  test("stands still no longer than it may where the clock steps back meanwhile", async () => {
    let now = 3_600_000;
    const source = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) });
    const { ended } = flow(source, { idleMs: 20, now: () => now });
    now = 0;
    setTimeout(() => {
      now = 20;
    }, 30);
    expect(await ended).toBe("source idle");
  });
});
