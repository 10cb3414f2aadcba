/** A folder in which files that start gateways of their own find the bundles of others. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

export default function setup({ vitest }: TestProject): (() => void) | undefined {
  // In a watch, code changes, and another project of the same run has perhaps created it.
  if (vitest.config.watch || process.env.KEYGATE_TEST_BUNDLES) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "keygate-bundles-"));
  process.env.KEYGATE_TEST_BUNDLES = folder;
  return () => rmSync(folder, { recursive: true });
}
