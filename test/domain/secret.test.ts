import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  crc32,
  generateSecret,
  hintOf,
  MAX_SECRET_LENGTH,
  prefixOfSecret,
  withoutSecrets,
} from "../../src/domain/secret.ts";

const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));

describe("the form of a secret", () => {
  test("a generated secret has its prefix, 30 random digits and a checksum that is right", () => {
    const secret = generateSecret("kg_live", randomBytes);
    expect(secret).toMatch(/^kg_live_[0-9A-Za-z]{36}$/);
    expect(prefixOfSecret(secret)).toBe("kg_live");
    expect(secret.length).toBeLessThanOrEqual(MAX_SECRET_LENGTH);
  });

  test("the checksum is CRC-32 as gzip has it", () => {
    expect(crc32("123456789")).toBe(0xcbf43926);
  });

  test("every digit is equally likely: bytes that would favour some are drawn again", () => {
    let drawn = 0;
    const secret = generateSecret("k", (count) => {
      drawn += 1;
      return new Uint8Array(count).fill(drawn === 1 ? 255 : 61);
    });
    expect(secret.slice(2, 32)).toBe("z".repeat(30));
    expect(drawn).toBe(2);
  });

  test("a change of any one character is noticed", () => {
    const secret = generateSecret("kg_test", randomBytes);
    const other = fc.constantFrom(..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    fc.assert(
      fc.property(fc.integer({ min: 8, max: secret.length - 1 }), other, (at, char) => {
        fc.pre(secret[at] !== char);
        return prefixOfSecret(secret.slice(0, at) + char + secret.slice(at + 1)) === undefined;
      }),
    );
  });

  test("nothing else passes for a secret", () => {
    fc.assert(fc.property(fc.string({ maxLength: 100 }), (text) => prefixOfSecret(text) === undefined));
  });

  test("the hint shows the prefix and the last four characters, and nothing between", () => {
    expect(hintOf("kg_test_3nKut4G9h16bDurNQCwhuAgx36JYiJ11Nty2")).toBe("kg_test_…Nty2");
  });
});

describe("words of a caller that are repeated to them", () => {
  test.each([
    generateSecret("k", randomBytes),
    generateSecret("kg_live", randomBytes),
    `kgs_${"-_aB9".repeat(8)}abc`,
    "D".repeat(43),
  ])("have no more than four letters of %s", (secret) => {
    expect(withoutSecrets(`there is no "${secret}", ${secret}x`)).toBe(
      `there is no "${secret.slice(0, 4)}…", ${secret.slice(0, 4)}…`,
    );
  });

  test("are whole otherwise, ids too", () => {
    const text = `there is no key_${"0123456789abcdef".repeat(2)}, marketing_campaigns:delete; 2001:db8::/32`;
    expect(withoutSecrets(text)).toBe(text);
  });
});
