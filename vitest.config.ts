import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { newSigningKeys } from "./src/cli/operate/new-signing-keys.ts";
import { keepTemporaryFilesInMemory } from "./test/helpers/in-memory.ts";
import { ByProject } from "./test/helpers/order.ts";

keepTemporaryFilesInMemory();

/** Pure code, which runs in workerd too. */
const PURE = ["domain", "decide"];
/** What runs in workerd: the steps, the authority and the use cases. */
const IN_WORKERD = ["gateway", "authority", "control", "management", "console", "store", "records", "origin"];
/** What counts each row and call of the platform, or all requests, or begins with a first one: in a workerd of its own. */
const ALONE = [
  "test/gateway/{collectors-model,counting,model,usage-journey}.test.ts",
  "test/authority/{retention,writes}.test.ts",
  "test/console/cost.test.ts",
  "test/management/metrics.test.ts",
];
/** What runs in Node: files of the project, and the command line. */
const IN_NODE = ["config", "cli", "house", "interop", "package"];
/** The real lease and ledger in thousands of simulated worlds: `npm run test:proof`. */
const PROOF = ["test/proof/{liveness,safety}.test.ts"];
/** Whether the proof finds faults, which takes a while: `npm run proof:mutants`. */
const MUTANTS = ["test/proof/mutations.test.ts"];
/** Its pages in a browser, which take a while: `npm run test:pages`. */
const PAGES = ["test/e2e/console/**/*.test.ts", "test/e2e/reference.test.ts"];
/** Before servers of others, which Debian has: `npm run test:servers`. */
const SERVERS = ["test/e2e/servers/**/*.test.ts"];
/** The life of `npm start`, checks of whole projects and deploys, process by process: `npm run test:processes`. */
const PROCESSES = [
  "test/cli/dev/{crashes,lifetime,saved-typo,start}.test.ts",
  "test/cli/operate/{check,deploy,json}.test.ts",
];
/** `npm start` as the README shows it, old versions of the gateway and databases put back: `npm run test:versions`. */
const VERSIONS = ["test/e2e/upgrade/**/*.test.ts", "test/e2e/{hand-edits,quick-start,restore,versions}.test.ts"];
/** A project made from the packages, in minutes: `npm run test:package`. */
const PACKAGE = ["test/package/starter.test.ts"];

/** On two cores, too, where the default is one worker. */
const common = {
  maxWorkers: 2,
  testTimeout: 30_000,
  hookTimeout: 60_000,
  // A busy machine can take longer than the default, a second.
  expect: { poll: { timeout: 10_000 } },
};

/** Their files share one workerd for each worker: to start one costs more than most files take. */
const shared = { ...common, isolate: false };
const APART = ["./test/helpers/apart.ts"];

const BUNDLES = "./test/e2e/bundles.ts";
/** The gateway as its users meet it, over HTTP: some gateways that the files share, and others of their own. */
const GATEWAYS = [BUNDLES, "./test/e2e/setup.ts"];
const GATEWAYS_OF_PAGES = [BUNDLES, "./test/e2e/console/setup.ts"];
/** They wait more than they work. */
const waiting = { ...common, maxWorkers: 3 };
const oneByOne = { ...common, maxWorkers: 1, sequence: { groupOrder: 2 } };

const testsOf = (folders: string[]) => folders.map((folder) => `test/${folder}/**/*.test.ts`);

const inWorkerd = {
  plugins: [
    cloudflareTest(async () => ({
      wrangler: { configPath: "./wrangler.toml" },
      miniflare: {
        bindings: {
          KEYGATE_PEPPERS: `p1:${"A".repeat(43)}`,
          KEYGATE_ROOT_TOKEN: `kgr_${"t".repeat(43)}`,
          KEYGATE_METRICS_TOKEN: `kgm_${"m".repeat(43)}`,
          KEYGATE_SIGNING_KEYS: JSON.stringify(newSigningKeys(["production", "sandbox"])),
          MIGRATIONS: await readD1Migrations("./migrations"),
        },
        // Origins under test are passed in by each test; nothing may reach one by way of the binding.
        serviceBindings: { DEMO_ORIGIN: () => new Response("unexpected", { status: 599 }) as never },
      },
    })),
  ],
};

export default defineConfig({
  test: {
    sequence: { sequencer: ByProject },
    projects: [
      {
        ...inWorkerd,
        test: { ...shared, name: "workerd", include: testsOf(IN_WORKERD), exclude: ALONE, setupFiles: APART },
      },
      { ...inWorkerd, test: { ...common, name: "alone", include: ALONE } },
      { ...inWorkerd, test: { ...shared, name: "pure", include: testsOf(PURE) } },
      {
        test: { ...common, name: "node", include: testsOf(IN_NODE), exclude: [...PACKAGE, ...PROCESSES] },
      },
      {
        test: {
          ...waiting,
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          exclude: [...PAGES, ...SERVERS, ...VERSIONS],
          globalSetup: GATEWAYS,
          sequence: { groupOrder: 1 },
        },
      },
      { test: { ...waiting, name: "versions", include: VERSIONS, globalSetup: BUNDLES, sequence: { groupOrder: 3 } } },
      { test: { ...common, name: "proof", include: PROOF, testTimeout: 120_000 } },
      { test: { ...common, name: "mutants", include: MUTANTS } },
      { test: { ...common, name: "processes", include: PROCESSES } },
      {
        test: {
          ...common,
          name: "pages",
          include: PAGES,
          globalSetup: GATEWAYS_OF_PAGES,
          sequence: { groupOrder: 4 },
        },
      },
      { test: { ...oneByOne, name: "servers", include: SERVERS } },
      { test: { name: "package", include: PACKAGE, maxWorkers: 1, testTimeout: 180_000, hookTimeout: 300_000 } },
    ],
  },
});
