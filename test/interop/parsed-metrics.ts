/** Metrics as the parser of Prometheus's client for Python reads them. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { pythonWith } from "./tools.ts";

const PYTHON = pythonWith("prometheus_client");

export type Sample = readonly [name: string, labels: Readonly<Record<string, string>>, value: number];

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

export function parsedMetrics(text: string): Family[] {
  const { status, stdout, stderr } = spawnSync(PYTHON, [join(import.meta.dirname, "open_metrics.py")], { input: text });
  if (status !== 0) throw new Error(`the parser refuses this:\n${stderr}\n${text}`);
  return JSON.parse(String(stdout));
}
