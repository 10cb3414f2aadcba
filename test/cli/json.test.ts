import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keygate, temporaryFolder } from "./helpers.ts";
import { testEach } from "./json.ts";

testEach("quick", 30_000);

test("signing-keys with --to names the file that has the new value", async () => {
  const file = join(temporaryFolder(), "signing-keys.json");
  const { stdout } = await keygate(["signing-keys", "init", "--to", file, "--json"]);
  expect(JSON.parse(stdout)).toEqual({ file });
});

test("check names what it counted, and logout what it deleted", async () => {
  const folder = temporaryFolder();
  const { stdout } = await keygate(["check", "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ environments: 2, hints: [], bundle: null });
  const profiles = { default: { url: "https://a.test", token: "t" }, staging: { url: "https://b.test", token: "t" } };
  mkdirSync(join(folder, "keygate"));
  writeFileSync(join(folder, "keygate", "config.json"), JSON.stringify({ profiles }));
  const out = await keygate(["logout", "--all", "--json"], { env: { XDG_CONFIG_HOME: folder } });
  expect(JSON.parse(out.stdout)).toEqual({
    signed_out: [
      { profile: "default", url: "https://a.test" },
      { profile: "staging", url: "https://b.test" },
    ],
  });
});
