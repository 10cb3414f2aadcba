import { describe, expect, test } from "vitest";
import type { Watch } from "../../../src/gateway/admit/watch.ts";
import { relay } from "../../../src/gateway/answer/relay.ts";
import { bytesOf } from "../../../src/gateway/length.ts";

describe("An answer is watched", () => {
  const MEBIBYTE = 2 ** 20;
  /** `length`: as announced; the body itself is short. */
  const answerOf = (length: number | undefined, type?: string) =>
    new Response("body", {
      headers: {
        ...(length !== undefined && { "Content-Length": `${length}` }),
        ...(type && { "Content-Type": type }),
      },
    });

  function isWatched(answer: Response, responseIdleSeconds?: number): boolean {
    let isOver = false;
    const watch = {
      over: () => {
        isOver = true;
        return () => {};
      },
    } as unknown as Watch;
    relay(answer, bytesOf(answer), { responseIdleSeconds }, watch, Date.now);
    return isOver;
  }

  test.each([
    [undefined, true],
    [0, false],
    [MEBIBYTE, false],
    [MEBIBYTE + 1, true],
  ])("unless it says that it has at most 1 MiB: %s bytes, %s", (length, expected) => {
    expect(isWatched(answerOf(length))).toBe(expected);
    expect(isWatched(answerOf(length), 60)).toBe(expected);
  });

  test.each(["text/event-stream", "application/json", undefined])("whatever its type is: %s", (type) => {
    expect(isWatched(answerOf(undefined, type))).toBe(true);
    expect(isWatched(answerOf(4, type))).toBe(false);
  });

  test("only where it has a body", () => {
    expect(isWatched(new Response(null, { status: 204 }))).toBe(false);
  });

  test("only on a route that watches: elsewhere it passes as it is", () => {
    const answer = answerOf(undefined);
    expect(relay(answer, bytesOf(answer), { responseIdleSeconds: undefined }, undefined, Date.now)).toBe(answer);
  });
});
