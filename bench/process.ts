/** What the system tells of processes. */

import { readdirSync, readFileSync } from "node:fs";

/** The process id of the only child of this process that has this name. */
export function childNamed(name: string): number {
  const [found] = childrenNamed(name);
  if (!found) throw new Error(`no process ${name} was started`);
  return found;
}

/** The process ids of the children of this process. */
export function childrenNamed(name: string): number[] {
  const pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  return pids
    .filter((pid) => {
      const [, command, parent] = /^\d+ \((.*)\) \S (\d+)/.exec(readIfThere(`/proc/${pid}/stat`)) ?? [];
      return command === name && Number(parent) === process.pid;
    })
    .map(Number);
}

/** Processes may end while they are listed. */
function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

export function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

export function processorMicros(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanos = threads.map((thread) => Number(readIfThere(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0]));
  return nanos.reduce((sum, each) => sum + each, 0) / 1000;
}
