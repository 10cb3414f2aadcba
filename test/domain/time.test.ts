import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readDay, readDayOrTime, readTime } from "../../src/domain/time.ts";

const two = (number: number) => String(number).padStart(2, "0");
const four = (number: number) => String(number).padStart(4, "0");

/** An independent calendar: the rules of the Gregorian year, counted day by day from 1970. */
function daysIn(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}

function dayNumber(year: number, month: number, day: number): number {
  let days = day - 1;
  for (let m = 1; m < month; m++) days += daysIn(year, m);
  for (let y = 1970; y < year; y++) days += daysIn(y, 2) === 29 ? 366 : 365;
  for (let y = year; y < 1970; y++) days -= daysIn(y, 2) === 29 ? 366 : 365;
  return days;
}

describe("days", () => {
  test.each([0, 1, 99, 100, 400, 1900, 1970, 2000, 2024, 2026, 2027, 2028, 2100, 2400, 9999])(
    "of the year %i exist exactly if the calendar has them, with months 00 to 13 and days 00 to 32",
    (year) => {
      for (let month = 0; month <= 13; month++) {
        for (let day = 0; day <= 32; day++) {
          const text = `${four(year)}-${two(month)}-${two(day)}`;
          const exists = month >= 1 && day >= 1 && day <= daysIn(year, month);
          const start = exists ? dayNumber(year, month, day) * 86_400_000 : undefined;
          expect(readDay(text), text).toBe(start);
          expect(readDayOrTime(text), text).toBe(start);
          expect(readTime(`${text}T00:00:00Z`), text).toBe(start);
          expect(readTime(text), text).toBeUndefined();
        }
      }
    },
  );

  test.each(["", "2027", "2027-1-31", "2027-01-31 ", " 2027-01-31", "2027-01-31\n", "20270131", "2027/01/31"])(
    "are not read from %j",
    (text) => expect(readDay(text)).toBeUndefined(),
  );
});

describe("times", () => {
  const AT = Date.UTC(2027, 0, 31);

  test("of a day exist exactly from 00:00:00 to 23:59:59, without leap seconds", () => {
    for (let hour = 0; hour <= 25; hour++) {
      for (let minute = 0; minute <= 61; minute++) {
        for (const second of [0, 1, 58, 59, 60, 61, 99]) {
          const text = `2027-01-31T${two(hour)}:${two(minute)}:${two(second)}Z`;
          const exists = hour <= 23 && minute <= 59 && second <= 59;
          expect(readTime(text), text).toBe(exists ? AT + ((hour * 60 + minute) * 60 + second) * 1000 : undefined);
        }
      }
    }
  });

  test("have offsets from -23:59 to +23:59, also -00:00", () => {
    for (const sign of ["+", "-"]) {
      for (let hour = 0; hour <= 25; hour++) {
        for (const minute of [0, 1, 30, 59, 60, 99]) {
          const text = `2027-01-31T00:00:00${sign}${two(hour)}:${two(minute)}`;
          const offset = (sign === "+" ? 1 : -1) * (hour * 60 + minute) * 60_000;
          expect(readTime(text), text).toBe(hour <= 23 && minute <= 59 ? AT - offset : undefined);
        }
      }
    }
  });

  test.each([
    ["2027-01-31t18:00:00z", AT + 64_800_000],
    ["2027-01-31T18:00:00.5Z", AT + 64_800_500],
    ["2027-01-31T18:00:00.000Z", AT + 64_800_000],
    ["2027-01-31T18:00:00.9999999999Z", AT + 64_800_999],
    [`2027-01-31T18:00:00.${"1".repeat(1000)}Z`, AT + 64_800_111],
    ["2027-01-31T18:00:00.25+02:00", AT + 57_600_250],
    ["2016-12-31T23:59:59Z", 1_483_228_799_000],
    ["0000-01-01T00:00:00Z", -62_167_219_200_000],
    ["9999-12-31T23:59:59.999Z", 253_402_300_799_999],
  ])("%j is %i", (text, at) => expect(readTime(text)).toBe(at));

  test.each([
    ...["2027-01-31T24:00:00Z", "2027-01-31T23:59:60Z", "2016-12-31T23:59:60Z", "2027-02-29T00:00:00Z"],
    ...["2027-01-31 18:00:00Z", "2027-01-31T18:00Z", "2027-01-31T18Z", "2027-01-31T18:00:00", "2027-01-31T18:00:00.Z"],
    ...["2027-01-31T18:00:00+0200", "2027-01-31T18:00:00+02", "2027-01-31T18:00:00 Z", "2027-01-31T18:00:00,5Z"],
    ...[" 2027-01-31T18:00:00Z", "2027-01-31T18:00:00Z ", "2027-01-31T18:00:00Z\n", "2027-01-31T6:00:00Z", "now"],
    ...["+002027-01-31T18:00:00Z", "-2027-01-31T18:00:00Z", "12027-01-31T18:00:00Z", "2027-W04-7T18:00:00Z"],
    ...["2027-031T18:00:00Z", "２０２７-01-31T18:00:00Z", "2027-01-31T18:00:00\u221202:00", "1801404000000", ""],
    // Another year than four digits could write.
    ...["0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"],
  ])("are not read from %j", (text) => {
    expect(readTime(text)).toBeUndefined();
    expect(readDayOrTime(text)).toBeUndefined();
  });

  test("are read back as they were written", () => {
    const time = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 });
    fc.assert(fc.property(time, (at) => readTime(new Date(at).toISOString()) === at));
  });

  test("are in every text a time in the years 0000 to 9999, or none", () => {
    const almost = fc.stringMatching(
      /^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]?[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,4})?)?(Z|z|[+-][0-9]{2}:?[0-9]{2})?$/,
    );
    fc.assert(
      fc.property(fc.oneof(almost, fc.string()), (text) => {
        const at = readDayOrTime(text);
        if (at === undefined) return;
        expect(new Date(at).toISOString()).toMatch(/^\d{4}-/);
        expect(Number.isInteger(at)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
