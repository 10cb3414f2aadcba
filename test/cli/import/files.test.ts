import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { check } from "../../../src/cli/import/check.ts";
import { recordsOf, sourceOf } from "../../../src/cli/import/file.ts";
import { rowOf } from "../../../src/cli/import/row.ts";
import { START } from "../../../src/cli/terminal/lines.ts";
import { keyToImport } from "../../../src/records/key.ts";
import { temporaryFolder } from "../helpers.ts";

const TERMS = { reach: "organization", permission: "read-only", scopes: ["read:all"] };
const DIGEST = "a".repeat(64);
const NOT_TEXT = "is not UTF-8 text; save the file as UTF-8";

function fileOf(content: string | Uint8Array): string {
  const file = join(temporaryFolder(), "keys");
  writeFileSync(file, content);
  return file;
}

const sourceFor = (content: string | Uint8Array) => sourceOf(fileOf(content), "org_1", "sandbox");

/** How many keys can be imported, and what is said of the others. */
async function checked(content: string | Uint8Array) {
  const { records, invalid, problems } = await check(sourceFor(content), START, TERMS, new AbortController().signal);
  expect(problems).toHaveLength(invalid);
  return { valid: records - invalid, problems: problems.map(({ line, problem }) => `${line}: ${problem}`) };
}

async function namesIn(content: string | Uint8Array): Promise<unknown[]> {
  const names: unknown[] = [];
  for await (const { fields } of recordsOf(sourceFor(content), { offset: 0, line: 0 })) {
    names.push((fields as { name?: unknown } | undefined)?.name);
  }
  return names;
}

const latin1 = (text: string) => Buffer.from(text, "latin1");
const csv = (...lines: string[]) => ["sha256,name", ...lines, ""].join("\n");

describe("characters", () => {
  const EMOJI = "😀";
  const FAMILY = "👨‍👩‍👧‍👦";

  test.each([
    ["name", 200, "a"],
    ["name", 200, "é"],
    ["name", 200, "東"],
    ["name", 200, EMOJI],
    ["description", 2_000, "a"],
    ["description", 2_000, EMOJI],
    ["hint", 24, EMOJI],
  ])("of %s are counted as the API counts them: %i of %s, and not one more", (field, most, character) => {
    const row = { sha256: DIGEST, name: "A", ...TERMS };
    for (const length of [1, most - 1, most, most + 1, most * 2]) {
      const text = character.repeat(length);
      const isTaken = keyToImport.safeParse({ ...row, [field]: text }).success;
      expect(isTaken, `${length}`).toBe(length <= most);
      const problem = `${field} must be at most ${most} characters long`;
      expect(rowOf({ ...row, [field]: text }, {})).toEqual(isTaken ? { row: { ...row, [field]: text } } : { problem });
    }
  });

  test("of every kind get the API's answer", () => {
    const unit = fc.constantFrom("a", "é", "e\u0301", EMOJI, FAMILY, " ", "\u00a0", "\t", "\u200d");
    const name = fc.array(unit, { minLength: 0, maxLength: 260 }).map((units) => units.join(""));
    fc.assert(
      fc.property(name, (text) => {
        const row = { sha256: DIGEST, name: text, ...TERMS };
        return "row" in rowOf(row, {}) === keyToImport.safeParse(row).success;
      }),
    );
  });
});

describe("a header row", () => {
  test.each([
    ["sha256,name,scopes,scopes\n", /has columns more than once: "scopes"/],
    ["sha256,name,name,name\n", /has columns more than once: "name"/],
    ['sha256,name,"name"\n', /has columns more than once: "name"/],
    ["sha256,name, name \n", /has columns more than once: "name"/],
    ["sha256,name,colour,colour\n", /unknown columns: "colour", "colour"; it has columns more than once: "colour"/],
    ["sha256,name,\n", /unknown columns: ""/],
    ["SHA256,Name\n", /does not have sha256 and name; it has unknown columns: "SHA256", "Name"/],
    ["sha256;name\n", /does not have sha256 and name/],
    ["sha256\tname\n", /does not have sha256 and name/],
    ['sha256,"name\n', /does not have sha256 and name/],
    [latin1("sha256,naïve\n"), /header row of .* is not UTF-8 text/],
    ["", /is empty/],
    ["\n \n", /is empty/],
  ])("that is wrong stops the import: %j", async (content, words) => {
    await expect(checked(content)).rejects.toThrow(words);
  });

  test("can follow empty lines, and a byte order mark", async () => {
    expect(await checked(`\uFEFF\n\nsha256,name\n${DIGEST},\n`)).toEqual({
      valid: 0,
      problems: ["4: name is missing"],
    });
  });
});

describe("a file that is not UTF-8", () => {
  const text = csv(`${DIGEST},Müller`, `${DIGEST},Plain`, `${DIGEST},Œuvre`);

  test("but Latin-1 names each line that would change, and no other", async () => {
    expect(await checked(latin1(text.replace("Œ", "Ø")))).toEqual({
      valid: 1,
      problems: [`2: ${NOT_TEXT}`, `4: ${NOT_TEXT}`],
    });
    const lines = [JSON.stringify({ sha256: DIGEST, name: "Zoë" }), JSON.stringify({ sha256: DIGEST, name: "Zoe" })];
    expect(await checked(latin1(lines.join("\n")))).toEqual({ valid: 1, problems: [`1: ${NOT_TEXT}`] });
  });

  test.each([
    ["an overlong form", [0xc0, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["a character that is cut off", [0xf0, 0x9f, 0x98]],
    ["a byte that never occurs", [0xff]],
  ])("but holds %s names the line", async (_, bytes) => {
    const content = Buffer.concat([Buffer.from(`sha256,name\n${DIGEST},A`), Buffer.from(bytes), Buffer.from("\n")]);
    expect(await checked(content)).toEqual({ valid: 0, problems: [`2: ${NOT_TEXT}`] });
  });

  test.each<[string, Buffer]>([
    ["UTF-16, little endian", Buffer.from(`\uFEFF${text}`, "utf16le")],
    ["UTF-16, big endian", Buffer.from(`\uFEFF${text}`, "utf16le").swap16()],
    ["UTF-16 without its mark", Buffer.from(text, "utf16le")],
    ["UTF-16 with JSON", Buffer.from(`\uFEFF{"sha256":"${DIGEST}"}`, "utf16le")],
    ["bytes", Buffer.from([1, 2, 0, 3])],
  ])("but %s is refused as a whole", async (_, content) => {
    await expect(checked(content)).rejects.toThrow("is not UTF-8 text. Save it as UTF-8.");
  });

  test("is told from one that is: names come through as they are", async () => {
    expect(await namesIn(`\uFEFF${text}`)).toEqual(["Müller", "Plain", "Œuvre"]);
    expect(await namesIn(text.replaceAll("\n", "\r\n"))).toEqual(["Müller", "Plain", "Œuvre"]);
    expect(await namesIn(csv(`${DIGEST},\uFFFD😀`))).toEqual(["\uFFFD😀"]);
  });
});

describe("rows", () => {
  const QUOTE = 'has a " that is not closed, or not doubled';

  test("of another length are named one by one", async () => {
    expect(await checked(csv(DIGEST, `${DIGEST},A,B`, `${DIGEST},A`, ",,,"))).toEqual({
      valid: 1,
      problems: [
        "2: has 1 cell, but the header row has 2",
        "3: has 3 cells, but the header row has 2",
        "5: has 4 cells, but the header row has 2",
      ],
    });
  });

  test("after a quote that is not closed are read all the same", async () => {
    const many = Array.from({ length: 150 }, (_, n) => `${DIGEST},Key ${n}`);
    expect(await checked(csv(`${DIGEST},"open`, ...many))).toEqual({ valid: 150, problems: [`2: ${QUOTE}`] });
    expect(await checked(csv(...many, `${DIGEST},"open`))).toEqual({ valid: 150, problems: [`152: ${QUOTE}`] });
    const closed = csv(`${DIGEST},"open`, `${DIGEST},A`, `${DIGEST},"B"`, `${DIGEST},"C`, `${DIGEST},D`);
    expect(await checked(closed)).toEqual({ valid: 3, problems: [`2: ${QUOTE}`, `5: ${QUOTE}`] });
    const ragged = csv(`${DIGEST},"open`, `${DIGEST},A`, `${DIGEST},C",more`, `${DIGEST},B`);
    expect(await checked(ragged)).toEqual({ valid: 2, problems: [`2: ${QUOTE}`, `4: ${QUOTE}`] });
  });

  test.each([`${DIGEST},a"b`, `${DIGEST},"a"b`, `${DIGEST},5" disk`, `"${DIGEST},A`, `${DIGEST},"a""`])(
    "with a quote in a wrong place are named, and the next one is read: %s",
    async (line) => {
      const { valid, problems } = await checked(csv(line, `${DIGEST},Good`));
      expect([valid, problems]).toEqual([1, [`2: ${QUOTE}`]]);
    },
  );

  test("over several lines are named by their first", async () => {
    const rows = [
      `${DIGEST},A,"two\nlines"`,
      `${DIGEST},"two\nlines",B`,
      `${"b".repeat(63)},C,"two\nlines"`,
      `${DIGEST},,`,
    ];
    expect(await checked(`sha256,name,description\n${rows.join("\n")}`)).toEqual({
      valid: 1,
      problems: [
        "4: name must not contain control characters",
        "6: sha256 must be 64 hexadecimal digits",
        "8: name is missing",
      ],
    });
  });

  test("that are JSON objects with a name twice are named, also deep inside", async () => {
    const key = `"sha256":"${DIGEST}"`;
    const lines = [
      `{${key},"name":"A","name":"B"}`,
      `{${key},"name":"A","n\\u0061me":"B"}`,
      `{${key},"name":"A","limits":{"rates":[{"name":"a","limit":1,"limit":2,"window":60}],"quotas":[]}}`,
      `  {${key},"name":"{\\"name\\":1,\\"name\\":2}"}`,
      `{${key},"name":"A","limits":{"rates":[{"name":"a","limit":1,"window":60}],"quotas":[]}}`,
      `{${key},"name":"A","colour":"red"}`,
      `{${key},"name":"A"`,
      "[]",
    ];
    expect(await checked(lines.join("\n"))).toEqual({
      valid: 2,
      problems: [
        '1: names "name" twice',
        '2: names "name" twice',
        '3: names "limit" twice',
        "6: colour is not a field of a key",
        "7: is not JSON",
        "8: is not a JSON object",
      ],
    });
  });

  test("that are too long are named by their line", async () => {
    await expect(checked(csv(`${DIGEST},A`, `${DIGEST},${"a".repeat(3_000_000)}`))).rejects.toThrow(
      "Line 3 is longer than 1000000 bytes.",
    );
  });

  test("are each a key or a message, whatever is in them, and no line is lost", async () => {
    const cell = fc.string({ unit: fc.constantFrom('"', ",", "a", " ", "é", "\r"), maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(cell, { maxLength: 12 }), async (cells) => {
        const lines = cells.map((text) => `${DIGEST},${text}`);
        const places: [first: number, last: number][] = [];
        for await (const { first, line } of recordsOf(sourceFor(csv(...lines)), { offset: 0, line: 0 })) {
          places.push([first, line]);
        }
        let next = 2;
        for (const [first, last] of places) {
          expect(first).toBe(next);
          next = last + 1;
        }
        expect(next).toBe(lines.length + 2);
      }),
      { numRuns: 60 },
    );
  });
});
