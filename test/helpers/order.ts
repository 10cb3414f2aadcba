/** The order in which files run. */

import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files that take longer than their size says, in the order in which they begin: one that began late would run alone at the end. Those
 * that mostly wait are between those that keep a processor busy. All others follow as Vitest sorts them: in a new checkout, the largest first.
 */
const SLOW = [
  ...[
    "feed",
    "import",
    "secrecy",
    "resets",
    "requests",
    "changes",
    "containment",
    "freshness",
    "watching",
    "call-limits",
  ].map((name) => `test/e2e/${name}.test.ts`),
  ...["counts", "upgrade"].map((name) => `test/e2e/upgrade/${name}.test.ts`),
  ...["dev/lifetime", "operate/deploy", "dev/saved-typo", "dev/crashes"].map((name) => `test/cli/${name}.test.ts`),
  ...["walk", "looks", "models", "printed-link"].map((name) => `test/e2e/console/${name}.test.ts`),
  "test/proof/liveness.test.ts",
  "test/gateway/collectors-model.test.ts",
  "test/management/races.test.ts",
  "test/store/key-status.test.ts",
];

/** The slow ones first, and a project's files together: those that share a workerd share it with the file that comes next. */
export class ByProject extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = Map.groupBy(sorted, ({ project }) => project.name);
    return [...projects.values()].flatMap((its) => its.toSorted((one, other) => placeOf(one) - placeOf(other)));
  }
}

function placeOf({ moduleId }: TestSpecification): number {
  const place = SLOW.findIndex((path) => moduleId.endsWith(path));
  return place === -1 ? SLOW.length : place;
}
