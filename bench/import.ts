/**
 * Imports 100,000 keys with the command line into a separate gateway: interrupts the import, resumes it, and then calls the
 * gateway with some of the keys.
 */

import { once } from "node:events";
import { join } from "node:path";
import { Command } from "commander";
import { wholeNumber } from "../src/cli/terminal/options.ts";
import { clock } from "../src/cli/terminal/progress.ts";
import { grouped } from "../src/cli/terminal/render.ts";
import { startGateway } from "../test/helpers/gateway.ts";
import { FOREIGN_FORMAT, isReached, startImport, writeForeignKeys } from "../test/helpers/import.ts";
import { startOrigin } from "../test/helpers/origin.ts";
import { bearing, seed } from "../test/helpers/seed.ts";

const TRIED = 100;

const { keys: count } = new Command("npm run proof:import --")
  .description("Imports many keys, with an interruption, and holds them against the gateway.")
  .option("--keys <number>", "how many", wholeNumber, 100_000)
  .parse()
  .opts<{ keys: number }>();

const origin = await startOrigin();
const gateway = await startGateway(`
  import { guarding } from "PROJECT/test/e2e/configs/base.ts";
  const base = guarding({ production: "${origin.url}", sandbox: "${origin.url}/base" });
  export default { ...base, keys: { importedFormats: [{ pattern: "${FOREIGN_FORMAT}", environment: "sandbox" }] } };
`);
try {
  await prove();
} finally {
  await gateway.stop();
  gateway.forget();
  await origin.stop();
}

async function prove(): Promise<void> {
  const { organizationId, members } = await seed(gateway);
  await gateway.manage("PATCH", `/v1/organizations/${organizationId}`, { key_quota: count });
  const file = join(gateway.state, "keys.csv");
  const secrets = writeForeignKeys(file, count);
  const run = async (interruptAt?: number) => {
    const started = performance.now();
    const child = startImport(file, {
      url: `http://localhost:${gateway.port}`,
      token: gateway.rootToken,
      organization: organizationId,
      member: members.owner,
      stdio: ["ignore", "inherit", "inherit"],
    });
    if (interruptAt !== undefined) {
      await isReached(file, interruptAt);
      child.kill("SIGINT");
    }
    const [code] = await once(child, "close");
    return { code, seconds: (performance.now() - started) / 1000 };
  };
  const first = await run(Math.floor(count * 0.4));
  expect(first.code === 130, `the interrupted import ended with ${first.code}`);
  const second = await run();
  expect(second.code === 0, `the resumed import ended with ${second.code}`);
  const seconds = first.seconds + second.seconds;
  console.log(`${grouped(count)} keys in ${clock(seconds)}: ${grouped(Math.round(count / seconds))} a second.`);

  const step = Math.max(1, Math.floor(count / TRIED));
  const tried = secrets.filter((_, at) => at % step === 0);
  const answers = await Promise.all(
    tried.map((secret) => fetch(`${gateway.base("sandbox")}/signatures`, { headers: bearing({ secret }) })),
  );
  const accepted = answers.filter(({ status }) => status === 200).length;
  expect(accepted === tried.length, `${tried.length - accepted} of ${tried.length} keys do not authenticate`);
  console.log(`${tried.length} of them were tried, and all authenticate.`);
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
