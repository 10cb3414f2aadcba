/** How much of the proof to run, and what to leave behind, as the environment says: `npm run proof` sets KEYGATE_PROOF_TIMES. */

interface Process {
  readonly env: Record<string, string | undefined>;
  getBuiltinModule(name: "node:fs"): { writeFileSync(file: URL, text: string): void };
}

/** Node's; the types here are those of Workers. */
const { process } = globalThis as unknown as { process: Process };

export const TIMES = Number(process.env.KEYGATE_PROOF_TIMES ?? 1);
/** How many runs the table is of: one can be off by as much as its figures. */
export const RUNS = Number(process.env.KEYGATE_PROOF_TABLE ?? 1);
export const longer = (ms: number): number => ms * TIMES;

export function writeTable(table: string): void {
  if (!process.env.KEYGATE_PROOF_TABLE) return;
  process.getBuiltinModule("node:fs").writeFileSync(new URL("liveness.md", import.meta.url), `${table}\n`);
}
