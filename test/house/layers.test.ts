import { describe, expect, test } from "vitest";
import { type Source, sources } from "./sources.ts";

const SOURCES = sources();
const byPath = new Map(SOURCES.map((source) => [source.path, source]));
const inFolder =
  (...folders: string[]) =>
  (path: string) =>
    folders.some((folder) => path.startsWith(`src/${folder}/`));

/** Every import that a folder makes, by itself or through others, and by which way. */
function reachedFrom(folder: string): { path: string; by: string }[] {
  const seen = new Map<string, string>();
  const visit = ({ path, imports }: Source, by: string) => {
    for (const imported of imports) {
      if (seen.has(imported)) continue;
      seen.set(imported, `${by} → ${imported}`);
      const source = byPath.get(imported);
      if (source) visit(source, `${by} → ${imported}`);
    }
    seen.set(path, seen.get(path) ?? by);
  };
  for (const source of SOURCES.filter(({ path }) => inFolder(folder)(path))) visit(source, source.path);
  return [...seen].map(([path, by]) => ({ path, by }));
}

/** The files, with the lines, that match. */
function linesWith(pattern: RegExp, isExempt: (path: string) => boolean): string[] {
  return SOURCES.filter(({ path }) => !isExempt(path)).flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1}: ${line.trim()}`] : [])),
  );
}

describe("Each layer knows only what is below it", () => {
  test("every import leads to a file of the project or to a package", () => {
    const relative = SOURCES.flatMap(({ path, imports }) => imports.map((imported) => ({ path, imported })));
    expect(relative.length).toBeGreaterThan(200);
    const lost = relative.filter(({ imported }) => imported.startsWith("src/") && !byPath.has(imported));
    expect(lost).toEqual([]);
  });

  test("domain imports nothing but domain", () => {
    const foreign = SOURCES.filter(({ path }) => inFolder("domain")(path)).flatMap(({ path, imports }) =>
      imports.filter((imported) => !inFolder("domain")(imported)).map((imported) => `${path} → ${imported}`),
    );
    expect(foreign).toEqual([]);
  });

  test("decide imports only domain and config", () => {
    const foreign = SOURCES.filter(({ path }) => inFolder("decide")(path)).flatMap(({ path, imports }) =>
      imports
        .filter((imported) => !inFolder("decide", "domain", "config")(imported) && imported !== "src/errors.ts")
        .map((imported) => `${path} → ${imported}`),
    );
    expect(foreign).toEqual([]);
  });

  test("records import only domain and config, so that the command line can have their types", () => {
    const foreign = SOURCES.filter(({ path }) => inFolder("records")(path)).flatMap(({ path, imports }) =>
      imports
        .filter((imported) => !inFolder("records", "domain", "config")(imported) && imported !== "zod")
        .map((imported) => `${path} → ${imported}`),
    );
    expect(foreign).toEqual([]);
  });

  test.for([
    { folder: "gateway", never: ["control", "management", "console", "cli"] },
    { folder: "store", never: ["gateway", "control", "management", "cli"] },
    { folder: "authority", never: ["gateway", "control", "management", "cli"] },
    { folder: "control", never: ["gateway", "management", "cli"] },
    { folder: "management", never: ["gateway", "cli"] },
    { folder: "console", never: ["gateway", "cli"] },
    { folder: "config", never: ["decide", "gateway", "authority", "store", "control", "management", "cli"] },
  ])("$folder never reaches $never", ({ folder, never }) => {
    const reached = reachedFrom(folder);
    expect(reached.length).toBeGreaterThan(5);
    expect(reached.filter(({ path }) => inFolder(...never)(path)).map(({ by }) => by)).toEqual([]);
  });

  test("SQL is written in store, and nowhere else", () => {
    const sql =
      /\.prepare\(|\bSELECT\s.*\bFROM\b|\bINSERT\s+(OR\s+\w+\s+)?INTO\b|\bUPDATE\s+\w+\s+SET\b|\bDELETE\s+FROM\b/;
    // What a deploy asks D1 before there is a Worker.
    const isHome = (path: string) => inFolder("store")(path) || path === "src/cli/operate/jurisdictions.ts";
    expect(linesWith(sql, isHome)).toEqual([]);
    expect(linesWith(sql, () => false)).not.toEqual([]);
  });

  test("use cases write to D1 in control/commit.ts, and nowhere else", () => {
    const isWriter = (path: string) => path === "src/control/commit.ts" || inFolder("store")(path);
    expect(linesWith(/\.batch\(/, isWriter)).toEqual([]);
    expect(linesWith(/\.batch\(/, () => false)).not.toEqual([]);
  });

  test("refusals become HTTP in problem.ts, and nowhere else", () => {
    // A service behind the gateway has refusals of its own.
    const isHome = (path: string) => path === "src/problem.ts" || path === "src/origin/error.ts";
    expect(linesWith(/problem\+json|WWW-Authenticate/, isHome)).toEqual([]);
    expect(linesWith(/problem\+json/, () => false)).not.toEqual([]);
  });

  test("origins are called by the fetch that app.ts passes in", () => {
    // Text for browsers and for readers, which runs elsewhere.
    const TEXTS = ["frame/script.ts", "go/script.ts", "open/snippets.ts"].map((path) => `src/console/${path}`);
    const isText = (path: string) => TEXTS.includes(path);
    const APP = ["src/app.ts", "src/gateway-app.ts"];
    const isElsewhere = (path: string) => APP.includes(path) || inFolder("cli")(path) || isText(path);
    expect(linesWith(/(?<![.\w#])fetch\(|globalThis\.fetch/, isElsewhere)).toEqual([]);
  });

  test("the Worker writes to its log in log.ts, and nowhere else, so that every line holds to the contract", () => {
    const isElsewhere = (path: string) =>
      path === "src/log.ts" || path === "src/console/open/snippets.ts" || inFolder("cli")(path);
    expect(linesWith(/\bconsole\.\w+\(/, isElsewhere)).toEqual([]);
    expect(linesWith(/\bconsole\.\w+\(/, () => false)).not.toEqual([]);
  });

  test("only the command line runs on Node, and it never reaches the Worker's own code", () => {
    const onNode = SOURCES.filter(({ path }) => !inFolder("cli")(path)).flatMap(({ path, imports }) =>
      imports.filter((imported) => imported.startsWith("node:")).map((imported) => `${path} → ${imported}`),
    );
    expect(onNode).toEqual([]);
    const inWorker = inFolder("decide", "gateway", "authority", "store", "control", "management", "console");
    expect(
      reachedFrom("cli")
        .filter(({ path }) => inWorker(path))
        .map(({ by }) => by),
    ).toEqual([]);
  });
});
