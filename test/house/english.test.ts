import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PROJECT, read } from "./sources.ts";

/** Words of an earlier version that readers stumbled over, with the plain ones. */
const ODD: readonly [odd: RegExp, plain: string][] = [
  [/\bmend(s|ed|ing)?\b/i, "fix"],
  [/\b(go|goes|going|went) on\b/i, "continue, keep working"],
  [/\bit is made\b/i, "is created, applies"],
  [/\bnone that\b/i, "no ... that"],
  [/\bwhole again\b/i, "full again"],
  [/\bat the (most|least)\b/i, "at most, at least"],
  [/\bsomebody\b/i, "a person, a client, another request"],
  [/\bwhoever\b/i, "anyone who"],

  [/\banew\b(?! \$)/i, "again"],
  [/\bof (its|their|your|his|her) own\b/i, "its own, separate"],
  [/\bgood for nothing\b/i, "useless"],
  [/\b(is|are) told\b/i, "gets, learns, shows"],

  [/\bstands? for (itself|themselves|many)\b/i, "acts as, is a name for"],
  [/\blet through\b/i, "admit"],

  [
    /(?<!there )\b(is|are) no (JSON|media|compact|function|WebSocket|list|text|error|object|id|component|key's|`Request`)/,
    "is not a",
  ],
  [/\bchoose of\b/i, "choose from"],
  [/\belse than\b/i, "other than"],
  [/; make (one|it) with\b/i, "create"],
  [/\bmust (not )?hold\b/i, "contain"],
  [/\bstands? between\b/i, "is between"],
  [/\bbecame of\b/i, "how ... ended, the answer"],
  [/\bused alike\b/i, "used equally"],
  [/\b(hook|on[A-Z]\w+) has to return\b/, "must return"],
  [/\bmay no longer\b/i, "can no longer"],

  [/\be-mail\b/i, "email"],
  [/\baudit log\b/i, "audit trail"],
  [/\bchanges (made )?by hand\b/i, "edits by hand"],
  [/\bkey's object\b/i, "key's authority"],
];

const PLACES = [
  "src",
  "docs",
  "bench",
  "examples",
  "scripts",
  "create",
  "packages/origin/README.md",
  "README.md",
  "CHANGELOG.md",
  "gateway.config.ts",
  "wrangler.toml",
];

test.each(ODD)("no text says %s", (odd, plain) => {
  const lines = PLACES.flatMap(filesOf).flatMap((path) =>
    read(path)
      .split("\n")
      .map((line, index) => ({ line, at: `${path}:${index + 1}` })),
  );
  const found = lines.filter(({ line }) => odd.test(line)).map(({ line, at }) => `${at}: ${line.trim()}`);
  expect(found, `plain: ${plain}`).toEqual([]);
});

function filesOf(place: string): string[] {
  if (/\.\w+$/.test(place)) return [place];
  return readdirSync(join(PROJECT, place), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ts|tsx|md|mjs|py|toml)$/.test(name) && !/node_modules|^dist\//.test(name))
    .map((name) => `${place}/${name}`);
}
