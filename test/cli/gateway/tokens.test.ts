import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { command, type FakeApi, startApi, TOKEN, temporaryFolder } from "../helpers.ts";

/** The local gateway that is called if none is named. */
let usual: FakeApi | undefined;
let a: FakeApi;
let b: FakeApi;

vi.mock("../../../src/cli/terminal/options.ts", async (original) => ({
  ...(await original<object>()),
  get DEFAULT_URL() {
    return usual?.url ?? "http://localhost:8787";
  },
}));
// Whatever this checkout has in .dev.vars.
vi.mock("../../../src/cli/dev/vars.ts", async (original) => ({
  ...(await original<object>()),
  readDevVars: () => ({}),
}));
const { program } = await import("../../../src/cli/program.ts");

const EMPTY_PAGE = { data: [], next_cursor: null };
const either = <T>(...values: T[]) => [undefined, ...values];

type Place = "a" | "b";
interface World {
  profile: "default" | "b" | undefined;
  url: Place | undefined;
  token: "typed" | undefined;
  KEYGATE_PROFILE: "default" | "b" | undefined;
  KEYGATE_URL: Place | undefined;
  KEYGATE_ROOT_TOKEN: "environment" | undefined;
  /** The profile `default` is for gateway a, the profile `b` for gateway b. */
  saved: readonly ("default" | "b")[];
}

function worlds(): World[] {
  const saved = [[], ["default"], ["b"], ["default", "b"]] as const;
  return saved.flatMap((saved) =>
    either("default" as const, "b" as const).flatMap((profile) =>
      either("a" as const, "b" as const).flatMap((url) =>
        either("typed" as const).flatMap((token) =>
          either("default" as const, "b" as const).flatMap((KEYGATE_PROFILE) =>
            either("a" as const, "b" as const).flatMap((KEYGATE_URL) =>
              either("environment" as const).map((KEYGATE_ROOT_TOKEN) => ({
                ...{ profile, url, token, KEYGATE_PROFILE, KEYGATE_URL, KEYGATE_ROOT_TOKEN, saved },
              })),
            ),
          ),
        ),
      ),
    ),
  );
}

const placeOf = (profile: "default" | "b") => (profile === "default" ? "a" : "b");
const savedTokenOf = (place: Place) => `saved-for-${place}`;

interface Received {
  place: Place | "usual";
  token: string;
}

/** What the gateways got, in this process, from `keygate orgs list`. */
async function receivedIn(world: World, folder: string): Promise<Received[]> {
  const gateways = { a, b, usual: usual as FakeApi };
  const profiles = Object.fromEntries(
    world.saved.map((name) => [name, { url: gateways[placeOf(name)].url, token: savedTokenOf(placeOf(name)) }]),
  );
  writeFileSync(join(folder, "keygate", "config.json"), JSON.stringify({ profiles }));
  vi.stubEnv("KEYGATE_PROFILE", world.KEYGATE_PROFILE);
  vi.stubEnv("KEYGATE_URL", world.KEYGATE_URL && gateways[world.KEYGATE_URL].url);
  vi.stubEnv("KEYGATE_ROOT_TOKEN", world.KEYGATE_ROOT_TOKEN);
  for (const { calls } of Object.values(gateways)) calls.length = 0;
  const args = [
    ...["orgs", "list"],
    ...(world.profile ? ["--profile", world.profile] : []),
    ...(world.url ? ["--url", gateways[world.url].url] : []),
    ...(world.token ? ["--token", world.token] : []),
  ];
  await program.parseAsync(args, { from: "user" }).catch(() => undefined);
  return (["a", "b", "usual"] as const).flatMap((place) =>
    gateways[place].calls.map(({ headers }) => ({
      place,
      token: String(headers.authorization).replace("Bearer ", ""),
    })),
  );
}

/** The rules, one after the other, as docs/cli.md has them. */
function expected(world: World): Received[] {
  const { profile, url, token, KEYGATE_PROFILE, KEYGATE_URL, KEYGATE_ROOT_TOKEN, saved } = world;
  const named = profile ?? KEYGATE_PROFILE;
  if (named !== undefined) {
    const place = placeOf(named);
    const contradicts = (url ?? (profile === undefined ? KEYGATE_URL : undefined) ?? place) !== place;
    return contradicts || !saved.includes(named) ? [] : [{ place, token: token ?? savedTokenOf(place) }];
  }
  const place = url ?? KEYGATE_URL ?? (saved.includes("default") ? "a" : "usual");
  if (token) return [{ place, token }];
  const owner = KEYGATE_URL ?? url;
  if (KEYGATE_ROOT_TOKEN && owner === undefined) return [];
  if (KEYGATE_ROOT_TOKEN && owner === place) return [{ place, token: KEYGATE_ROOT_TOKEN }];
  const hasToken = saved.some((name) => placeOf(name) === place);
  return hasToken ? [{ place, token: savedTokenOf(place as Place) }] : [];
}

let folder: string;
beforeAll(() => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
});
afterAll(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test("in every combination, a token goes only to the gateway it was given for, and an explicit profile wins", {
  timeout: 120_000,
}, async () => {
  folder = temporaryFolder();
  mkdirSync(join(folder, "keygate"));
  vi.stubEnv("XDG_CONFIG_HOME", folder);
  const page = () => ({ body: EMPTY_PAGE });
  [a, b, usual] = [await startApi(page), await startApi(page), await startApi(page)];
  const all = worlds();
  expect(all).toHaveLength(4 * 3 * 3 * 2 * 3 * 3 * 2);
  let calls = 0;
  for (const world of all) {
    const received = await receivedIn(world, folder);
    expect(received, JSON.stringify(world)).toEqual(expected(world));
    for (const { place, token } of received) {
      calls++;
      if (token.startsWith("saved")) expect(token).toBe(`saved-for-${place}`);
      if (token === "environment") expect(place).toBe(world.KEYGATE_URL ?? world.url);
      if (world.profile) expect(place).toBe(placeOf(world.profile));
    }
  }
  expect(calls).toBeGreaterThan(400);
});

test.each([301, 302, 303, 307, 308])("a redirect (%i) takes no token to another gateway", async (status) => {
  const other = await startApi(() => ({ body: EMPTY_PAGE }));
  const { url, calls } = await startApi(({ path }) => ({
    status,
    headers: { Location: `${other.url}${path}` },
    body: "",
  }));
  for (const args of [
    ["orgs", "list"],
    ["orgs", "create", "--name", "A"],
    ["members", "remove", "mem_1"],
  ]) {
    const outcome = await command([...args, "--url", url, "--token", TOKEN]);
    expect([outcome.code, outcome.stdout]).toEqual([1, ""]);
  }
  expect([calls.length, other.calls.length]).toEqual([3, 0]);
});

test("login keeps the gateway of a profile that is named, whatever KEYGATE_URL says", async () => {
  const whoami = { kind: "root", actor: "root", via: "root", manages: {}, expires_at: null };
  const [one, two] = [await startApi(() => ({ body: whoami })), await startApi(() => ({ body: whoami }))];
  const folder = temporaryFolder();
  const run = (args: string[], env: Record<string, string> = {}) =>
    command(args, { input: TOKEN, env: { XDG_CONFIG_HOME: folder, ...env } });
  await run(["login", "--profile", "staging", "--url", one.url]);
  await run(["login", "--profile", "staging"], { KEYGATE_URL: two.url });
  expect([one.calls.length, two.calls.length]).toEqual([2, 0]);
});

test("logout with --url deletes the token of that gateway, and of no other", async () => {
  const folder = temporaryFolder();
  const profiles = { default: { url: "https://a.test", token: TOKEN }, b: { url: "https://b.test", token: TOKEN } };
  mkdirSync(join(folder, "keygate"));
  writeFileSync(join(folder, "keygate", "config.json"), JSON.stringify({ profiles }));
  const run = (...args: string[]) => command(["logout", ...args], { env: { XDG_CONFIG_HOME: folder } });
  expect((await run("--url", "https://B.test:443/")).stdout).toBe("Signed out of https://b.test.\n");
  expect((await run("--url", "https://b.test")).stderr).toBe("keygate: No token is saved for https://b.test.\n");
  expect((await run()).stdout).toBe("Signed out of https://a.test.\n");
});
