/** The order in which files run. */

import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Small files that take long. Vitest knows durations of earlier runs; in a new checkout it begins with the largest files. */
const SLOW = [
  // A minute, most of which it waits.
  "test/e2e/freshness.test.ts",
  ...["requests", "resets", "secrecy", "changes", "import", "watching", "call-limits"].map(
    (name) => `test/e2e/${name}.test.ts`,
  ),
  "test/gateway/collectors-model.test.ts",
  "test/management/races.test.ts",
  "test/store/key-status.test.ts",
];

/** The slowest first, and a project's files together: those that share a workerd share it with the file that comes next. */
export class ByProject extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isSlow = ({ moduleId }: TestSpecification) => SLOW.some((path) => moduleId.endsWith(path));
    const projects = Map.groupBy(sorted, ({ project }) => project.name);
    return [...projects.values()].flatMap((its) => [...its.filter(isSlow), ...its.filter((file) => !isSlow(file))]);
  }
}
