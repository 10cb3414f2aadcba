/** The proof is put to the proof: on copies of the product with one fault each, it must fail. */

import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FEED_MUTANTS } from "./feed-mutants.ts";
import { MUTANTS, type Mutant } from "./mutants.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const NODE = join(ROOT, "node_modules/.bin/node");
const COPIED = ["src", "test/domain", "test/proof", "package.json"];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "keygate-mutations-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The broken promise, or nothing. */
async function firstViolation({ edits }: Pick<Mutant, "edits">): Promise<string | undefined> {
  const copy = await mkdtemp(join(folder, "copy-"));
  for (const name of COPIED) await cp(join(ROOT, name), join(copy, name), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(copy, "node_modules"));
  for (const { file, find, put } of edits) {
    const text = await readFile(join(copy, file), "utf8");
    expect(text.split(find), `${file} has it once: ${find}`).toHaveLength(2);
    await writeFile(
      join(copy, file),
      text.replace(find, () => put),
    );
  }
  return new Promise((resolve, reject) => {
    execFile(NODE, ["test/proof/gate.ts"], { cwd: copy }, (error, stdout, stderr) => {
      if (!error) resolve(undefined);
      else if (error.code === 1 && stdout !== "") resolve(stdout.trim());
      else reject(new Error(stderr));
    });
  });
}

describe("the proof notices when", { concurrent: true, timeout: 600_000 }, () => {
  test.for([...MUTANTS, ...FEED_MUTANTS])("$fault", async (mutant, { expect }) => {
    const violation = await firstViolation(mutant);
    expect(violation).toMatch(/^after/);
  });

  test("nothing is wrong: an unchanged copy passes the same run", async ({ expect }) => {
    expect(await firstViolation({ edits: [] })).toBeUndefined();
  });
});
