import { beforeAll, describe, expect, test } from "vitest";
import { codeOf, rawRequest, sendRaw } from "../helpers/raw.ts";
import { bearing, type Key, seed, type Tenant } from "../helpers/seed.ts";
import { direct, devServer as gateway, origins } from "./shared.ts";

interface Place {
  place: string;
  path: (workspaces: string[]) => string;
  headers?: (workspaces: string[]) => string[][];
}

const PLACES: Place[] = [
  { place: "path", path: ([workspace]) => `/workspaces/${workspace}/folders/1` },
  { place: "header", path: () => "/by-header/1", headers: (named) => named.map((id) => ["X-Workspace", id]) },
  {
    place: "query",
    path: (named) => `/by-query/1?${named.map((id) => `workspace=${id}`).join("&")}`,
  },
];

describe("A key of some workspaces reaches those and no others", () => {
  const origin = origins();
  let tenant: Tenant;
  let key: Key;
  let own: string;
  let other: string;

  beforeAll(async () => {
    tenant = await seed(gateway);
    [own, other] = tenant.workspaces;
    key = await tenant.key({ workspace_ids: [own] });
  });

  const ask = async ({ path, headers = () => [] }: Place, named: string[], method = "GET") => {
    const lines = [["Host", `127.0.0.1:${gateway.port}`], ...Object.entries(bearing(key)), ...headers(named)] as const;
    const target = `/sandbox${path(named)}`;
    const response = await sendRaw(gateway.port, rawRequest(method, target, lines as never));
    return { status: response?.status, code: codeOf(response) };
  };

  test.for(PLACES)("its own, named by $place, can be read, changed and deleted from", async (place) => {
    for (const method of ["GET", "POST", "DELETE"]) {
      expect(await ask(place, [own], method)).toEqual({ status: 200, code: undefined });
    }
    expect(origin.sandbox.seen.length).toBe(3);
  });

  test.for(PLACES)("another, named by $place, is refused and reaches no origin", async (place) => {
    for (const method of ["GET", "POST", "DELETE"]) {
      expect(await ask(place, [other], method)).toEqual({ status: 403, code: "workspace_forbidden" });
    }
    expect(origin.sandbox.seen).toEqual([]);
  });

  test.for(PLACES.filter(({ place }) => place !== "path"))(
    "two, named by $place, are refused, in either order and even where they are the same",
    async (place) => {
      for (const named of [
        [own, other],
        [other, own],
        [own, own],
      ]) {
        expect(await ask(place, named)).toEqual({ status: 400, code: "workspace_repeated" });
      }
      expect(origin.sandbox.seen).toEqual([]);
    },
  );

  test("a header that lists two workspaces in one line is refused", async () => {
    const place = { place: "header", path: () => "/by-header/1", headers: () => [["X-Workspace", `${own}, ${other}`]] };
    expect(await ask(place, [])).toEqual({ status: 400, code: "workspace_repeated" });
  });

  test("another spelling of the header cannot name another workspace to the origin", async () => {
    const spelled = (headers: [string, string][]) =>
      ask({ place: "header", path: () => "/by-header/1", headers: () => headers }, []);
    expect(await spelled([["X_Workspace", other]])).toEqual({ status: 403, code: "workspace_forbidden" });
    expect(
      await spelled([
        ["X-Workspace", own],
        ["x_workspace", other],
      ]),
    ).toEqual({ status: 400, code: "workspace_repeated" });
  });

  test.for(["%", "%2F..%2F", "/../"])(
    "a path that joins two workspaces by %s reaches no origin as one that the key lacks",
    async (joint) => {
      const { status } = await ask({ place: "path", path: () => `/workspaces/${own}${joint}${other}/folders/1` }, []);
      expect(status).toBeOneOf([400, 403, 404]);
      expect(origin.sandbox.seen).toEqual([]);
    },
  );

  test("where a request names no workspace, the origin is told those of the key", async () => {
    expect(await ask(PLACES[1] as Place, [])).toMatchObject({ status: 200 });
    expect(origin.sandbox.seen[0]?.headers).toMatchObject({
      "keygate-reach": "workspace",
      "keygate-workspace-ids": own,
    });
  });

  test("a key of the organization reaches every workspace", async () => {
    const whole = await tenant.key();
    for (const workspace of tenant.workspaces) {
      const url = `${gateway.base("sandbox")}/workspaces/${workspace}/folders/1`;
      expect((await fetch(url, { headers: bearing(whole) })).status).toBe(200);
    }
    expect(origin.sandbox.seen[0]?.headers["keygate-workspace-ids"]).toBeUndefined();
  });

  test("teammates of its own workspace can be read and not changed", async () => {
    const place = { place: "path", path: () => `/workspaces/${own}/teammates/1` };
    expect(await ask(place, [])).toMatchObject({ status: 200 });
    expect(await ask(place, [], "POST")).toEqual({ status: 403, code: "scope_missing" });
    expect(await ask(place, [], "DELETE")).toEqual({ status: 403, code: "scope_missing" });
  });

  test("a key keeps only the workspaces that its member has", async () => {
    const narrowed = await tenant.key({ role: "member", workspace_ids: [own, other] });
    const status = async (workspace: string) =>
      (await fetch(`${gateway.base("sandbox")}/workspaces/${workspace}/folders/1`, { headers: bearing(narrowed) }))
        .status;
    expect(await status(own)).toBe(200);
    expect(await status(other)).toBe(403);
  });
});

/** In which an origin may find the workspace OTHER, on a route that says the parameter `workspace`. */
const QUERIES = [
  "workspace.=OTHER",
  "workspace[=OTHER",
  "work.space=OTHER",
  "work[space=OTHER",
  "work+space=OTHER",
  "+workspace=OTHER",
  "%20workspace=OTHER",
  "workspace%00=OTHER",
  "workspace%00=OWN",
  "workspace%2500=OTHER",
  "workspace[]=OTHER",
  "workspace%5b%5d=OTHER",
  "workspace[0]=OTHER",
  "[workspace]=OTHER",
  "Workspace=OTHER",
  "WORKSPACE=OTHER",
  "work%73pace=OTHER",
  "work%2573pace=OTHER",
  "%EF%BD%97orkspace=OTHER",
  "wor%E2%84%AAspace=OTHER",
  "work%C2%ADspace=OTHER",
  "a=1;workspace=OTHER",
  "a=1;work.space=OTHER",
  "a=1%26workspace=OTHER",
  "a=1%26workspace%3DOTHER",
  "workspace%3DOTHER",
  "workspace=OWN&work.space=OTHER",
  "workspace=OWN;workspace=OTHER",
  "workspace=OWN%26workspace=OTHER",
  "workspace=OWN;",
  "workspace=OWN%00",
];

describe("On workerd's own socket, a key of one workspace", () => {
  const origin = origins();
  let own: string;
  let other: string;
  let key: Key;
  beforeAll(async () => {
    const tenant = await seed(direct);
    [own, other] = tenant.workspaces;
    key = await tenant.key({ workspace_ids: [own] });
  });

  const ask = async (target: string, lines: [string, string][] = []) => {
    const named = target.replaceAll("OWN", own).replaceAll("OTHER", other);
    const headers: [string, string][] = [
      ["Host", `127.0.0.1:${direct.port}`],
      ...Object.entries(bearing(key)),
      ...lines,
    ];
    const response = await sendRaw(direct.port, rawRequest("GET", `/sandbox${named}`, headers));
    return { status: response?.status, code: codeOf(response) };
  };

  test.for(QUERIES)("reaches no other by the query %s", async (query) => {
    const { code } = await ask(`/by-query/1?${query}`);
    expect(code).toBeOneOf(["workspace_forbidden", "workspace_repeated", "query_ambiguous"]);
    expect(origin.sandbox.seen).toEqual([]);
  });

  test.for([
    "/workspaces/OWN%2f..%2fOTHER/folders/1",
    "/workspaces/OWN;OTHER/folders/1",
    "/workspaces/OWN.json/folders/1",
    "/workspaces/OWN%20/folders/1",
    "/workspaces/OWN%00/folders/1",
    "/workspaces/%EF%BD%97s_1/folders/1",
    "/workspaces/OWN/Folders/1",
    "/Workspaces/OTHER/folders/1",
  ])("reaches no other by the path %s", async (path) => {
    const { status } = await ask(path);
    expect(status).toBeOneOf([400, 403, 404]);
    expect((await ask(path.replace("OWN", own.toUpperCase()))).status).toBeOneOf([400, 403, 404]);
    expect(origin.sandbox.seen).toEqual([]);
  });

  test.for(["X_Workspace", "x-workspace", "X.Workspace", "X+Workspace", "X~Workspace"])(
    "reaches no other by the header %s",
    async (name) => {
      expect(await ask("/by-header/1", [[name, other]])).toEqual({ status: 403, code: "workspace_forbidden" });
      expect(origin.sandbox.seen).toEqual([]);
    },
  );

  test.for([
    "workspace=OWN",
    "Workspace=OWN&q=a%26b",
    "workspace=OWN&workspace_name=x&workspaces=OTHER",
    "q=workspace%20OTHER",
    "a=1;b=2",
    "cursor=%00%01",
  ])("passes with the query %s, as it is", async (query) => {
    expect((await ask(`/by-query/1?${query}`)).status).toBe(200);
    const sent = query.replaceAll("OWN", own).replaceAll("OTHER", other);
    expect(origin.sandbox.seen.at(-1)?.url).toBe(`/base/by-query/1?${sent}`);
  });
});
