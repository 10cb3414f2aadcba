import { expect, test } from "vitest";
import { read } from "../house/sources.ts";

/** What others build on: a name that goes, or changes its meaning, needs a new version and a line in CHANGELOG.md. */
const PUBLIC: Readonly<Record<string, string>> = {
  "src/index.ts":
    "defineGateway BundleConfig CallersConfig ControlConfig CorsConfig EnvironmentConfig GatewayConfig GatewayInput HandlerConfig " +
    "HookContext ImportedFormatConfig InputLimitsConfig KeysConfig LeasesConfig ManagementConfig OnRefusal OnRequest OnResponse " +
    "OriginConfig PlanConfig RefusedRequest RequestLogConfig ResourceConfig RetentionConfig RoleConfig RouteConfig SpeedConfig",
  "src/worker.ts": "createGateway Caller Env GatewayApp GatewayOptions Handler Handlers Protection",
  "src/origin/index.ts":
    "ASSERTION_HEADER AssertionError hasScope mayReachWorkspace memoryReplays requireDigest requireScope requireWorkspace verifyArrived " +
    "verifyAssertion Arrived AssertionClaims AssertionErrorCode Principal Replays VerifyOptions",
  "src/origin/hono.ts": "honoAssertion",
  "src/origin/node.ts": "nodeAssertion verifyNodeRequest NodeRequest NodeResponse",
};

/** The names, values first. */
function exportsOf(path: string): string[] {
  const text = read(path);
  const lists = [...text.matchAll(/^export (type )?\{([^}]*)\}/gm)].flatMap(([, type, names = ""]) =>
    names
      .split(",")
      .map((name) => name.trim())
      .filter(Boolean)
      .map((name) => (type && !name.startsWith("type ") ? `type ${name}` : name)),
  );
  const declared = [...text.matchAll(/^export (?:async )?(function|const|class|interface|type) (\w+)/gm)].map(
    ([, kind = "", name]) => (/interface|type/.test(kind) ? `type ${name}` : (name as string)),
  );
  const all = [...lists, ...declared];
  const isType = (name: string) => name.startsWith("type ");
  return [
    ...all.filter((name) => !isType(name)).sort(),
    ...all
      .filter(isType)
      .map((name) => name.slice("type ".length))
      .sort(),
  ];
}

test.each(Object.entries(PUBLIC))("%s exports these names, and no others", (path, names) => {
  expect(exportsOf(path).join(" ")).toBe(names);
});

test("the packages export these files", () => {
  const exportsIn = (folder: string) => Object.keys(JSON.parse(read(`${folder}/package.json`)).exports);
  expect(exportsIn(".")).toEqual([".", "./worker", "./log-line.schema.json", "./package.json"]);
  expect(exportsIn("packages/origin")).toEqual([".", "./hono", "./node", "./package.json"]);
});
