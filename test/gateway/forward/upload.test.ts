import { describe, expect, test } from "vitest";
import type { Route } from "../../../src/config/route-table.ts";
import { isRefusal, type Refusal } from "../../../src/errors.ts";
import type { Watch } from "../../../src/gateway/admit/watch.ts";
import { secondsToCome, type Upload, uploadOf } from "../../../src/gateway/forward/upload.ts";

const ROUTE = { limits: { bodyBytes: 1e8 }, requestIdleSeconds: undefined, digest: false } as Route;

/** `length`: as announced; the body itself is short. */
function post(length: number | undefined): Request {
  const headers = length === undefined ? undefined : { "Content-Length": String(length) };
  return new Request("https://api.example.com/", { method: "POST", headers: headers ?? {}, body: "body" });
}

function isWatched(request: Request, route: Partial<Route> = {}): boolean {
  const upload = uploadOf(request, { ...ROUTE, ...route }, undefined, Date.now);
  if (isRefusal(upload)) throw new Error(upload.code);
  return upload !== undefined;
}

describe("a body of announced length up to 1 MiB passes by itself", () => {
  test.each([
    [0, false],
    [4, false],
    [1_048_576, false],
    [1_048_577, true],
    [undefined, true],
  ])("and one of %s is watched: %s", (length, watched) => {
    expect(isWatched(post(length))).toBe(watched);
  });

  test.each<[string, Partial<Route>]>([
    ["says how long it may stand still", { requestIdleSeconds: 5 }],
    ["has its digest signed, for which it is read here", { digest: true }],
    ["has a hook, which may read it", { onRequest: () => undefined }],
  ])("but not where the route %s", (_, route) => {
    expect(isWatched(post(4), route)).toBe(true);
  });

  test.each([
    [16_383, 0],
    [16_384, 1],
    [1_048_576, 64],
  ])("and %i bytes may take %i seconds to come", (length, seconds) => {
    expect(secondsToCome(post(length))).toBe(seconds);
  });
});

describe("a body that is watched", () => {
  /** `revoke`: what the watch does then; `undefined` once nothing watches any more. */
  function begin(body: ReadableStream | string) {
    const watching: { revoke?: ((refusal: Refusal) => void) | undefined } = {};
    const watch = {
      over(stop: (refusal: Refusal) => void) {
        watching.revoke = stop;
        return () => {
          watching.revoke = undefined;
        };
      },
    } as unknown as Watch;
    const request = new Request("https://api.example.com/", { method: "POST", body });
    return { upload: uploadOf(request, ROUTE, watch, Date.now) as Upload, watching };
  }

  test("breaks off with its key, whoever reads it, and tells why", async () => {
    const { upload, watching } = begin(new ReadableStream({ pull: () => new Promise(() => {}) }));
    const read = new Response(upload.body).text();
    watching.revoke?.({ code: "key_revoked" });
    await expect(read).rejects.toThrow();
    expect([await upload.broken(), await upload.ended]).toEqual([{ code: "key_revoked" }, { code: "key_revoked" }]);
    expect(watching.revoke).toBeUndefined();
  });

  test("is watched until all of it has come", async () => {
    const { upload, watching } = begin("body");
    expect(watching.revoke).toBeDefined();
    expect(await new Response(upload.body).text()).toBe("body");
    expect(await upload.ended).toBeUndefined();
    expect(watching.revoke).toBeUndefined();
  });
});
