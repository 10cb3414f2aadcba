/** Questions to the system about a process. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A process that has ended but was not collected by its parent does not run. */
export function isRunning(pid: number): boolean {
  const stat = statOf(pid);
  if (stat) return stat.state !== "Z" && stat.state !== "X";
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** When it started, in a form that no other process with this id has. Empty where the system does not say. */
export function startOf(pid: number): string {
  const stat = statOf(pid);
  return stat ? `${bootId()} ${stat.start}` : ps(pid, "lstart=");
}

export function parentOf(pid: number): number {
  return statOf(pid)?.parent ?? Number(ps(pid, "ppid="));
}

/** Its command line. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return ps(pid, "args=");
  }
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; `undefined` on other systems, or if there is no such process. */
function statOf(pid: number): { state: string; parent: number; start: string } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in parentheses, and can hold any character.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] as string, parent: Number(fields[1]), start: fields[19] as string };
  } catch {
    return undefined;
  }
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}

function ps(pid: number, field: string): string {
  try {
    return execFileSync("ps", ["-o", field, "-p", String(pid)], { encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return "";
  }
}
