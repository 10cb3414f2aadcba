import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { accountName, authorityName, collectorName, feedName } from "../../src/authority/name.ts";
import { read, sources } from "./sources.ts";

/** What is stored outlives the code: these names never change. A new one is added here and in docs/storage.md. */
const CLASSES = ["KeyAuthority", "Courier"];
const BINDINGS = ["DB", "KV", "AUTHORITY", "COURIER", "LOOKUP_BUDGET", "ASSETS"];
const OBJECTS = ["courier", "readyz", "reconciler", "retention", "tombstones"];
const STORAGE_KEYS = [
  "account",
  "clock",
  "collected",
  "collector",
  "compared",
  "kept_hours",
  "passed_on",
  "plan",
  "reconciler",
  "record",
  "retention",
  "senders",
  "traffic",
  "traffic_hours",
  "usage_written",
  "watch_until",
];
const STORAGE_PREFIXES = ["ended/", "holder/", "journal/", "kept/", "relay/", "traffic/", "usage/"];
/** Of the hours and days of a collector. */
const BLOCKS = ["day/", "hour/"];

interface Wrangler {
  durable_objects: { bindings: { name: string; class_name: string }[] };
  migrations: { tag: string; new_sqlite_classes?: string[]; renamed_classes?: unknown; deleted_classes?: unknown }[];
  d1_databases: { binding: string }[];
  kv_namespaces: { binding: string }[];
  ratelimits: { name: string }[];
  assets: { binding: string };
}

describe("The names of what is stored never change:", () => {
  const wrangler = parse(read("wrangler.toml")) as unknown as Wrangler;
  const storing = sources("src/{app.ts,authority/**/*.ts}").map(({ text }) => text);
  const found = (pattern: RegExp) =>
    [...new Set(storing.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name as string)))].sort();

  test("the classes of Durable Objects", () => {
    expect(wrangler.durable_objects.bindings.map((binding) => [binding.name, binding.class_name])).toEqual([
      ["AUTHORITY", "KeyAuthority"],
      ["COURIER", "Courier"],
    ]);
    expect(wrangler.migrations[0]).toEqual({ tag: "v1", new_sqlite_classes: CLASSES });
    for (const migration of wrangler.migrations) {
      expect(migration.renamed_classes ?? migration.deleted_classes).toBeUndefined();
    }
  });

  test("the bindings", () => {
    const { d1_databases, kv_namespaces, durable_objects, ratelimits, assets } = wrangler;
    const names = [
      ...d1_databases.map(({ binding }) => binding),
      ...kv_namespaces.map(({ binding }) => binding),
      ...durable_objects.bindings.map(({ name }) => name),
      ...ratelimits.map(({ name }) => name),
      assets.binding,
    ];
    expect(names).toEqual(BINDINGS);
  });

  test("the objects", () => {
    expect(authorityName("production", "key_1")).toBe("production/key_1");
    expect(accountName("actor", "mem_1", "calls")).toBe("actor:mem_1:calls");
    expect(collectorName(3)).toBe("collector/3");
    expect(feedName(3)).toBe("feed/3");
    const named = found(/\b(?:account|role)\("([^"]+)"\)/g);
    const roles = found(/\brole: ("[^)]+")/g).flatMap((union) =>
      [...union.matchAll(/"([^"]+)"/g)].map(([, role]) => role as string),
    );
    expect([...new Set([...named, ...roles])].sort()).toEqual(OBJECTS);
  });

  test("and where objects live: stubs of them are made in one place", () => {
    const making = sources().filter(({ text }) =>
      /\b(?:idFromName|getByName|newUniqueId)\(|\.jurisdiction\(/.test(text),
    );
    expect(making.map(({ path }) => path)).toEqual(["src/authority/stubs.ts"]);
  });

  test("the storage keys", () => {
    const literal = found(/(?:kv|#storage)\.(?:get|put|delete)(?:<[^(]*>)?\(\s*"([^"]+)"/g);
    const constant = found(/^const (?:STATE|TOTALS|HOURS) = "([^"]+)"/gm);
    expect([...new Set([...literal, ...constant])].sort()).toEqual(STORAGE_KEYS);
    expect(found(/^const (?:PREFIX = |nameOf = [^`\n]*)["`]([a-z]+\/)/gm)).toEqual(STORAGE_PREFIXES);
    expect(found(/new UsageBlocks\([^,]+, "([a-z]+\/)"\)/g)).toEqual(BLOCKS);
  });

  test("the entries of KV", () => {
    expect(read("src/store/key-finder.ts")).toContain("`secret:$" + "{environment}:$");
  });
});
