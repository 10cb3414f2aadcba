import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RouteMatch } from "../../src/decide/route.ts";
import { workspaceRefusal } from "../../src/decide/workspace.ts";
import type { Rights } from "../../src/domain/rights.ts";
import { percentDecoded } from "./model-origins.ts";

const RIGHTS = { workspaces: new Set(["ws_1"]) } as unknown as Rights;

function codeOf(search: string, query = "workspace_id"): string {
  const request = { method: "GET", headers: new Headers() };
  const match = { route: { workspace: { query } }, params: {} } as unknown as RouteMatch;
  return workspaceRefusal(RIGHTS, { request, url: new URL(`https://h.test/${search}`) }, match)?.code ?? "passes";
}

describe("a query that names a workspace out of reach is refused, however the name is spelt", () => {
  test.each([
    "?workspace_id=ws_2",
    "?workspace.id=ws_2",
    "?workspace id=ws_2",
    "?workspace+id=ws_2",
    "?workspace%20id=ws_2",
    "?workspace[id=ws_2",
    "?workspace%5Bid=ws_2",
    "?workspace-id=ws_2",
    "?workspaceId=ws_2",
    "?Workspace_ID=ws_2",
    "?WORKSPACE_ID=ws_2",
    "? workspace_id=ws_2",
    "?+workspace_id=ws_2",
    "?%20workspace_id%20=ws_2",
    "?%09workspace_id=ws_2",
    "?.workspace_id=ws_2",
    "?[workspace_id=ws_2",
    "?[workspace_id]=ws_2",
    "?[workspace_id][0]=ws_2",
    "?workspace_id]=ws_2",
    "?workspace_id[]=ws_2",
    "?workspace_id%5B%5D=ws_2",
    "?workspace_id%255B%255D=ws_2",
    "?workspace_id[0]=ws_2",
    "?workspace_id[a][b]=ws_2",
    "?workspace_id.0=ws_2",
    "?workspace_id:int=ws_2",
    "?workspace_id",
    "?workspace_id=",
    "?work%73pace_id=ws_2",
    "?work%2573pace_id=ws_2",
    "?work%252573pace_id=ws_2",
    "?wor%E2%84%AAspace_id=ws_2",
    "?work%C5%BFpace_id=ws_2",
    "?workspace_%C4%B1d=ws_2",
    "?workspace_%C4%B0d=ws_2",
    "?%EF%BD%97orkspace_id=ws_2",
    "?workspace%EF%BC%BFid=ws_2",
    "?work%C2%ADspace_id=ws_2",
    "?work%E2%80%8Bspace_id=ws_2",
    "?work%FFspace_id=ws_2",
    "?work%u0073pace_id=ws_2",
    "?a=1;workspace_id=ws_2",
    "?a=1;workspace.id=ws_2",
    "?a=1%26workspace_id=ws_2",
    "?a=1%26workspace_id%3Dws_2",
    "?a=1%2526workspace_id%253Dws_2",
    "?a=1%3Bworkspace_id%3Dws_2",
    "?a=1%u0026workspace_id=ws_2",
    "?a=1%u003bworkspace_id%u003dws_2",
    "?a=1%25u0026workspace_id=ws_2",
    "?a=1%EF%BC%86workspace_id=ws_2",
    "?a=1%EF%BC%9Bworkspace_id%EF%BC%9Dws_2",
    "?a=1%uFF06workspace_id=ws_2",
    "?a=1%25EF%25BC%2586workspace_id=ws_2",
    "?a=1%EF%B9%A0workspace_id=ws_2",
    "?a=1%CD%BEworkspace_id=ws_2",
    "?workspace_id%E2%81%BCws_2",
    "?a=1\uff06workspace_id=ws_2",
    "?workspace_id%3Dws_2",
    "?%3Dworkspace_id=ws_2",
    "?&&workspace_id=ws_2",
    "?workspace_id=WS_1",
    "?workspace_id=ws%255F1",
    "?workspace_id=ws_1%20",
    "?workspace_id=ws_1%00",
  ])("%s", (search) => {
    expect(codeOf(search)).toBeOneOf(["workspace_forbidden", "query_ambiguous"]);
  });
});

test.each([
  ["?workspace_id=ws_1&workspace.id=ws_2", "workspace_repeated"],
  ["?workspace_id=ws_1&workspace_id=ws_1", "workspace_repeated"],
  ["?workspace_id=ws_1;workspace_id=ws_1", "workspace_repeated"],
  ["?workspace_id=ws_1;x", "query_ambiguous"],
  ["?workspace_id=ws_1&a=1%26workspace_id=ws_2", "query_ambiguous"],
  ["?workspace_id%00=ws_1", "query_ambiguous"],
  ["?workspace_id%00x=ws_1", "query_ambiguous"],
  ["?x%2500=1&workspace_id=ws_1", "query_ambiguous"],
  ["?workspace_id%u0000=ws_1", "query_ambiguous"],
])("%s can be read in more than one way: %s", (search, code) => {
  expect(codeOf(search)).toBe(code);
});

test.each([
  "?workspace_id=ws_1",
  "?workspace_id=ws%5F1",
  "?WorkspaceId=ws_1",
  "?workspace_id=ws_1&q=a%26b%3Dc",
  "?workspace_id=ws_1&next=https%3A%2F%2Fh.test%2F%3Fa%3D1%26workspace_id%3Dws_1",
  "?workspace_id=ws_1&cursor=%00%01",
  "?workspace_id=ws_1&q=%EF%BC%86%E2%82%AC%20%CD%BE%25u0041%C3%BC",
  "?q=%E6%97%A5%E6%9C%AC%EF%BC%8C%EF%BC%86&workspace_id=ws_1",
  "?workspace_id=ws_1&workspace_name=ws_2&workspace_ids=ws_2&workspaceidentity=x&my_workspace_id=ws_2",
  "?workspace=ws_2",
  "?q=workspace_id",
  "?a=1;b=2",
  "?",
  "",
])("%s passes", (search) => {
  expect(codeOf(search)).toBe("passes");
});

test.each([
  ["workspace", "?workspace_name=x&workspace-name=x&workspace+name=x&workspaces=x", "passes"],
  ["workspace", "?workspace[name]=ws_2", "workspace_forbidden"],
  ["filter[workspace]", "?filter[workspace]=ws_2", "workspace_forbidden"],
  ["filter[workspace]", "?filter%5Bworkspace%5D[]=ws_2", "workspace_forbidden"],
  ["filter[workspace]", "?filter[name]=x", "passes"],
  ["Arbeitsbereich-Größe", "?arbeitsbereich_gr%C3%B6sse=ws_2", "workspace_forbidden"],
])("where the parameter is %s, %s: %s", (query, search, code) => {
  expect(codeOf(search, query)).toBe(code);
});

/** How servers make a name out of what was sent. */
const NAME_STEPS = {
  decode: percentDecoded,
  pluses: (name) => name.replaceAll("+", " "),
  lowerCase: (name) => name.toUpperCase().toLowerCase(),
  normalize: (name) => name.normalize("NFKC"),
  php: (name) => name.trimStart().replace(/[ .[]/g, "_"),
  phpList: (name) => name.replace(/(?<=.)\[.*\]?$/s, ""),
  trim: (name) => name.trim(),
  dropBrackets: (name) => name.replace(/[[\]]/g, ""),
  leadingBrackets: (name) => name.replace(/^[[\]]*([^[\]]*).*$/s, "$1"),
  cgi: (name) => name.replace(/[^A-Za-z0-9]/g, "_"),
  camel: (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  stopAtNul: (name) => name.replace(/\0.*/s, ""),
  dropControls: (name) => name.replace(/\p{Cc}/gu, ""),
} satisfies Record<string, (name: string) => string>;

interface QueryOrigin {
  separators: "&" | "&;";
  decodesFirst: number;
  steps: (keyof typeof NAME_STEPS)[];
}

function workspacesAt({ separators, decodesFirst, steps }: QueryOrigin, search: string): string[] {
  let query = search.slice(1);
  for (let round = 0; round < decodesFirst; round++) query = percentDecoded(query);
  return query.split(separators === "&" ? "&" : /[&;]/).flatMap((pair) => {
    const at = pair.indexOf("=");
    const [name, value] = at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
    const read = steps.reduce((text, step) => NAME_STEPS[step](text), name);
    return read === "workspace_id" || read === "workspace_i̇d" ? [percentDecoded(value.replaceAll("+", " "))] : [];
  });
}

const queryOrigin: fc.Arbitrary<QueryOrigin> = fc.record({
  separators: fc.constantFrom("&", "&;"),
  decodesFirst: fc.nat(2),
  steps: fc.array(fc.constantFrom(...(Object.keys(NAME_STEPS) as (keyof typeof NAME_STEPS)[])), { maxLength: 5 }),
});

const SPELLINGS = {
  s: "%73 %2573 %C5%BF S",
  k: "%6b %E2%84%AA K",
  i: "%C4%B1 %C4%B0 I %69",
  w: "%EF%BD%97 W %u0077",
  _: ". [ + %20 - %5b %5F %255f %00 ] [] _%00",
};
const INSERTED = "%00 %09 %C2%AD %FF + . [ ] [] [0] %5B%5D %26 ; %3B %3D & a=1& a=1; a=1%26".split(" ");

const parameter = fc
  .record({
    spelt: fc.array(fc.tuple(fc.nat(11), fc.nat(10)), { maxLength: 2 }),
    inserted: fc.array(fc.tuple(fc.nat(12), fc.constantFrom(...INSERTED)), { maxLength: 1 }),
    value: fc.constantFrom("=ws_1", "=ws_1", "=ws_1", "=ws_2", "%3Dws_2", "=ws%5f1", "=ws%255f1", ""),
  })
  .map(({ spelt, inserted, value }) => {
    const name = [..."workspace_id", ""];
    for (const [at, which] of spelt) {
      const spellings = SPELLINGS[name[at] as keyof typeof SPELLINGS]?.split(" ") ?? [];
      name[at] = spellings[which % spellings.length] ?? (name[at] as string);
    }
    for (const [at, text] of inserted) name[at] = text + name[at];
    return name.join("") + value;
  });
const query = fc
  .tuple(fc.array(parameter, { minLength: 1, maxLength: 2 }), fc.constantFrom("&", "&", ";", "%26"))
  .map(([parameters, separator]) => new URL(`https://h.test/?${parameters.join(separator)}`).search);

test("a query that passes names no workspace but the one that was authorized, whatever an origin makes of its names", {
  timeout: 60_000,
}, () => {
  let named = 0;
  fc.assert(
    fc.property(query, fc.array(queryOrigin, { minLength: 10, maxLength: 10 }), (search, origins) => {
      if (codeOf(search) !== "passes") return;
      for (const origin of origins) {
        const seen = workspacesAt(origin, search);
        named += seen.length;
        expect({ search, origin, seen: new Set(["ws_1", ...seen]) }).toEqual({
          search,
          origin,
          seen: new Set(["ws_1"]),
        });
      }
    }),
    { numRuns: 10_000 },
  );
  expect(named).toBeGreaterThan(1_000);
});
