import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cellOf, csvLineOf, jsonLineOf } from "../../../src/console/audit/export.ts";
import type { AuditEvent } from "../../../src/store/audit.ts";

const event = (details: Record<string, unknown>): AuditEvent => ({
  ...{ id: "evt_1", at: 0, organizationId: "org_1", actor: "mem_1", via: "ses_1", requestId: "req_1" },
  ...{ action: "api_key.created", target: "key_1", details },
});

describe("A cell of a CSV file", () => {
  test.for(["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1"])(
    "that begins like the formula %j is text",
    (formula) => expect(cellOf(formula)).toBe(`"'${formula}"`),
  );

  test("holds its text, quotes, commas and line breaks too, and never ends early", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        const cell = cellOf(text);
        const inside = cell.slice(1, -1);
        const read = inside.replaceAll('""', '"');
        const isWhole = cell.startsWith('"') && cell.endsWith('"') && !inside.replaceAll('""', "").includes('"');
        return isWhole && (read === text || read === `'${text}`) && !/^[=+\-@\t\r\n]/.test(inside);
      }),
    );
  });
});

test("an event is one record of CSV, and one line of NDJSON, whatever its details", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string({ unit: "binary" })), (details) => {
      const csv = csvLineOf(event(details));
      expect(csv.match(/"(?:[^"]|"")*"(?:,|\r\n)/g)?.join("")).toBe(csv);
      const line = jsonLineOf(event(details));
      expect(line.indexOf("\n")).toBe(line.length - 1);
      expect(JSON.parse(line).details).toEqual(details);
    }),
  );
});
