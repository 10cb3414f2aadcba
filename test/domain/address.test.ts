import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contains, isAddress, networkOf, parseAddress, parseRange, truncated } from "../../src/domain/address.ts";

const holds = (range: string, address: string) => {
  const [parsedRange, parsedAddress] = [parseRange(range), parseAddress(address)];
  if (!parsedRange || !parsedAddress) throw new Error("not parsed");
  return contains(parsedRange, parsedAddress);
};

describe("addresses", () => {
  test.each([
    ["0.0.0.0", 0n],
    ["203.0.113.7", 0xcb007107n],
    ["255.255.255.255", 0xffffffffn],
  ])("%s is an IPv4 address", (text, value) => {
    expect(parseAddress(text)).toEqual({ family: 4, value });
  });

  test.each([
    ["::", 0n],
    ["::1", 1n],
    ["1::", 1n << 112n],
    ["2001:db8::1", 0x20010db8000000000000000000000001n],
    ["2001:0db8:0000:0000:0000:0000:0000:0001", 0x20010db8000000000000000000000001n],
    ["2001:DB8:0:0:0:0:0:1", 0x20010db8000000000000000000000001n],
    ["2001:db8::a:0:0:1", 0x20010db800000000000a000000000001n],
    ["1:2:3:4:5:6:7:8", 0x00010002000300040005000600070008n],
    ["1:2:3:4:5:6:7::", 0x00010002000300040005000600070000n],
    ["::2:3:4:5:6:7:8", 0x00000002000300040005000600070008n],
    ["64:ff9b::203.0.113.7", 0x0064ff9b0000000000000000cb007107n],
    ["::203.0.113.7", 0xcb007107n],
    ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", (1n << 128n) - 1n],
  ])("%s is an IPv6 address, in whichever form", (text, value) => {
    expect(parseAddress(text)).toEqual({ family: 6, value });
  });

  test.each([
    "9.9.9.9;host=evil",
    "9.9.9.9, 8.8.8.8",
    '"9.9.9.9"',
    "9.9.9.9:80",
    "[::1]",
    "[::1]:80",
    "::1%eth0",
    "::1/128",
    "9.9.9",
    "1.2.3.256",
    "01.2.3.4",
    "0x7f.1",
    "unknown",
    "_hidden",
    "",
    " 9.9.9.9",
    "9.9.9.9\n",
    "1:".repeat(20_000),
    "::".padEnd(46, "0"),
  ])("%j is none", (text) => {
    expect(isAddress(text)).toBe(false);
  });

  test("are known as such exactly where they can be parsed", () => {
    const part = fc.constantFrom("0", "1", "255", "256", "ffff", "fffff", ".", ":", "::", "g", "%", "/", " ");
    const addresses = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.array(part, { maxLength: 12 }).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(addresses, (text) => {
        expect(isAddress(text)).toBe(text.length <= 45 && parseAddress(text) !== undefined);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(["::ffff:203.0.113.7", "::FFFF:203.0.113.7", "::ffff:cb00:7107", "0:0:0:0:0:ffff:203.0.113.7"])(
    "%s is the IPv4 address that it maps",
    (text) => {
      expect(parseAddress(text)).toEqual(parseAddress("203.0.113.7"));
    },
  );

  test.each([
    "",
    " ",
    "localhost",
    "203.0.113",
    "203.0.113.7.1",
    "203.0.113.256",
    "203.0.113.-1",
    "203.0.113.07",
    "0x7f.0.0.1",
    "2130706433",
    "127.1",
    "203.0.113.7 ",
    " 203.0.113.7",
    "203.0.113.7:80",
    "203.0.113.7/32",
    "203.0.113.७",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
    "g::",
    "::1%eth0",
    "::1 ",
    "[::1]",
    "[::1]:443",
    "::ffff:203.0.113",
    "::ffff:203.0.113.256",
    "::ffff:203.0.113.07",
    "::1]/@[::1",
  ])("%j is no address", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test("whatever a caller sends is an address or is refused, and nothing throws", () => {
    const nearly = fc.stringMatching(/^[0-9a-fA-F:./%[\]]{0,45}$/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), nearly), (text) => {
        const address = parseAddress(text);
        const most = address?.family === 4 ? 1n << 32n : 1n << 128n;
        expect(address === undefined || (address.value >= 0n && address.value < most)).toBe(true);
      }),
    );
  });

  test("every IPv6 address is read back from its long form, and every IPv4 address from its mapped one", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, (1n << 128n) - 1n), (value) => {
        fc.pre(value >> 32n !== 0xffffn);
        const groups = value.toString(16).padStart(32, "0").match(/.{4}/g) ?? [];
        expect(parseAddress(groups.join(":"))).toEqual({ family: 6, value });
      }),
    );
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        expect(parseAddress(`::ffff:${text}`)).toEqual(parseAddress(text));
        expect(parseAddress(text)).toBeDefined();
      }),
    );
  });
});

describe("ranges", () => {
  test.each([
    ["203.0.113.0/24", "203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"],
    ["203.0.113.128/25", "203.0.113.128", "203.0.113.255", "203.0.113.127", "203.0.114.0"],
    ["203.0.113.7/32", "203.0.113.7", "203.0.113.7", "203.0.113.6", "203.0.113.8"],
    ["203.0.113.7", "203.0.113.7", "203.0.113.7", "203.0.113.6", "203.0.113.8"],
    ["128.0.0.0/1", "128.0.0.0", "255.255.255.255", "127.255.255.255", "0.0.0.0"],
    ["2001:db8::/32", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7:ffff::", "2001:db9::"],
    ["2001:db8::/127", "2001:db8::", "2001:db8::1", "2001:db7:ffff::", "2001:db8::2"],
    ["2001:db8::1", "2001:db8::1", "2001:db8::1", "2001:db8::", "2001:db8::2"],
    ["::ffff:203.0.113.0/120", "203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"],
    ["::ffff:203.0.113.7", "203.0.113.7", "203.0.113.7", "203.0.113.6", "203.0.113.8"],
  ])("%s goes from %s to %s, without %s and %s", (range, first, last, before, after) => {
    expect([first, last, before, after].map((address) => holds(range, address))).toEqual([true, true, false, false]);
  });

  test("bits past the length of a range do not matter", () => {
    expect(parseRange("203.0.113.99/24")?.prefixLength).toBe(24);
    expect(holds("203.0.113.99/24", "203.0.113.1")).toBe(true);
  });

  test("a range of length 0 holds every address of its family and none of the other", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV6(), (v4, v6) => {
        fc.pre(parseAddress(v6)?.family === 6);
        expect([holds("0.0.0.0/0", v4), holds("::ffff:0:0/96", v4), holds("::/0", v6)]).toEqual([true, true, true]);
        expect([holds("0.0.0.0/0", v6), holds("::ffff:0:0/96", v6), holds("::/0", v4)]).toEqual([false, false, false]);
      }),
    );
  });

  test.each([
    "",
    "/",
    "/24",
    "203.0.113.0/",
    "203.0.113.0/33",
    "203.0.113.0/-1",
    "203.0.113.0/024",
    "203.0.113.0/2 4",
    "203.0.113.0/24/24",
    "203.0.113.0/255.255.255.0",
    "203.0.113.*",
    "203.0.113.0-203.0.113.9",
    "2001:db8::/129",
    "2001:db8::/1e2",
    "::ffff:203.0.113.0/24",
    "::ffff:203.0.113.0/95",
    "::ffff:203.0.113.0/129",
    "everywhere/0",
  ])("%j is no range", (text) => {
    expect(parseRange(text)).toBeUndefined();
  });
});

describe("what one subscriber holds", () => {
  test.each([
    ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"],
    ["2001:db8:1:2::1", "2001:0DB8:0001:0002:0000:0000:0000:0009"],
    ["203.0.113.7", "::ffff:203.0.113.7"],
  ])("%s and %s are one", (a, b) => {
    expect(networkOf(a)).toBe(networkOf(b));
  });

  test.each([
    ["2001:db8:1:2::1", "2001:db8:1:3::1"],
    ["2001:db8:1::1", "2001:db8:10::1"],
    ["::1", "0:0:0:1::1"],
    ["203.0.113.7", "203.0.113.8"],
    ["203.0.113.7", "::203.0.113.7"],
    ["", "::"],
  ])("%s and %s are two", (a, b) => {
    expect(networkOf(a)).not.toBe(networkOf(b));
  });
});

describe("a truncated address", () => {
  test.each([
    ["203.0.113.7", "203.0.113.0/24"],
    ["0.0.0.0", "0.0.0.0/24"],
    ["2001:db8:1:2::1", "2001:db8:1::/48"],
    ["2001:db8:1::1", "2001:db8:1::/48"],
    ["2001:db8::1", "2001:db8::/48"],
    ["2001:db8:0:1::1", "2001:db8::/48"],
    ["2001:0DB8:0001:0002:0000:0000:0000:0009", "2001:db8:1::/48"],
    ["2001::1", "2001::/48"],
    ["::1", "::/48"],
    ["0:0:7::1", "0:0:7::/48"],
    ["::ffff:203.0.113.7", "203.0.113.0/24"],
    ["::ffff:cb00:7107", "203.0.113.0/24"],
    ["2001:db8:1::203.0.113.7", "2001:db8:1::/48"],
  ])("of %s is %s", (address, network) => {
    expect(truncated(address)).toBe(network);
  });

  test.each(["", "unknown", "203.0.113", "canary"])("of %j is nothing", (text) => {
    expect(truncated(text)).toBeUndefined();
  });

  test("says of every address its network, and nothing of the rest", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.oneof(fc.ipV4(), fc.ipV6()), (one, other) => {
        const network = truncated(one) as string;
        expect(holds(network, one)).toBe(true);
        expect(network).toMatch(/\/(?:24|48)$/);
        expect(truncated(other) === network).toBe(holds(network, other));
      }),
    );
  });
});
