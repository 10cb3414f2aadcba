import fc from "fast-check";
import { expect, test } from "vitest";
import { compile } from "../../src/config/compile.ts";
import { parsePattern } from "../../src/config/pattern.ts";
import { findRoute } from "../../src/decide/route.ts";
import { CONFIG } from "../gateway/config.ts";

const PRINTABLE = Array.from({ length: 0x7f - 0x20 }, (_, at) => String.fromCharCode(0x20 + at));
const SPECIAL = [..."+.;,:~%\\aA/", "..", "%u002f", "é"];

test("a request for exactly the path of a route without parameters gets to that route", () => {
  let served = 0;
  const character = fc.oneof(fc.constantFrom(...SPECIAL), fc.constantFrom(...PRINTABLE));
  const text = fc.array(character, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join("")}`);
  fc.assert(
    fc.property(text, (path) => {
      const pattern = parsePattern(path);
      if ("problem" in pattern || pattern.segments.some(({ kind }) => kind !== "literal")) return;
      served++;
      const { router } = compile({ ...CONFIG, routes: [{ path, origin: "api", public: true }] });
      expect(findRoute("GET", new URL(path, "https://h.test").pathname, router)).toMatchObject({ route: { path } });
    }),
    { numRuns: 1_000 },
  );
  expect(served).toBeGreaterThan(100);
});
