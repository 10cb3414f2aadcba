/** Routers for tests of how paths are read: only paths and parameters of their routes differ. */

import { compile } from "../../src/config/compile.ts";
import { parsePattern, type Segment, shapeOf } from "../../src/config/pattern.ts";
import type { Route } from "../../src/config/route-table.ts";
import { Router } from "../../src/config/router.ts";
import { CONFIG } from "../gateway/config.ts";
import type { Pattern } from "./model-origins.ts";

export function patternOf(path: string): Pattern {
  return { path, segments: segmentsOf(path) };
}

function segmentsOf(path: string): Segment[] {
  const parsed = parsePattern(path);
  if ("problem" in parsed) throw new Error(`${path} ${parsed.problem}`);
  return parsed.segments;
}

const [template] = compile(CONFIG).routes as [Route];
export const LENIENT = { ignoresCase: true, dropsSuffixes: true };

export function routerOf(guarded: readonly Pattern[], leniency = LENIENT): Router<Route> {
  const router = new Router<Route>();
  for (const { path, segments } of guarded) {
    const params = segments.flatMap((segment) => (segment.kind === "param" ? [segment.name] : []));
    router.add(segments, { ...template, ...leniency, path, shape: shapeOf(segments), params });
  }
  return router;
}
