/** Ends the gateway with the processes that it was started by: nobody else tells it that one of them was killed. */

import { commandOf, isRunning, parentOf } from "./process.ts";

const LOOK_MS = 500;

/** Calls `onEnd` once, when npm (or the shell that npm ran, or an older Node that handed over) has ended. */
export function followAncestors(onEnd: () => void): void {
  const followed = ancestors();
  const parent = process.ppid;
  if (followed.length === 0) return;
  process.once("disconnect", onEnd);
  process.channel?.unref();
  const timer = setInterval(() => {
    if (process.ppid === parent && followed.every(isRunning)) return;
    clearInterval(timer);
    onEnd();
  }, LOOK_MS);
  timer.unref();
}

/** Up to npm. None without npm or an older Node: a shell can end before the commands that it started in the background. */
function ancestors(): number[] {
  const isHandedOver = process.channel !== undefined && process.channel !== null;
  if (!isHandedOver && !process.env.npm_lifecycle_event) return [];
  const found: number[] = [];
  for (let pid = process.ppid; pid > 1; pid = parentOf(pid)) {
    const command = commandOf(pid);
    const isOurs = isHandedOver && found.length === 0;
    if (!isOurs && !process.env.npm_lifecycle_event) break;
    found.push(pid);
    if (!isOurs && !SHELL.test(command)) break;
  }
  return found;
}

/** As npm runs a script. */
const SHELL = /^(\S*\/)?(ba|da|z|k)?sh -c /;
