import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Addressing, toPublic } from "../../src/decide/location.ts";
import { publicLinks, publicRefresh, withPublicAddresses } from "../../src/gateway/answer/address-fields.ts";

/** A client calls `<called><prefix>/files/a`, and the origin is asked for `<origin>/files/a`. */
function addressing(called: string, prefix: string, origin: string, usesForwardedPrefix?: boolean): Addressing {
  const url = new URL(`${called}${prefix}/files/a`);
  return { asked: `${origin}/files/a`, origin: new URL(origin), called: url, prefix, usesForwardedPrefix };
}

const USUAL = addressing("https://api.test", "/v1", "https://origin.test/base");

describe("An address of the origin", () => {
  test.each([
    ["https://origin.test/base/x?a#b", "https://api.test/v1/x?a#b"],
    ["https://origin.test/base/x?", "https://api.test/v1/x?"],
    ["https://origin.test/base", "https://api.test/v1"],
    ["https://origin.test/base/", "https://api.test/v1/"],
    ["/base/x", "/v1/x"],
    ["/base?x", "/v1?x"],
    ["/base/café?q=é", "/v1/caf%C3%A9?q=%C3%A9"],
    ["/files/../base/./x", "/v1/x"],
  ])("is the gateway's for the client: %j becomes %j", (reference, expected) => {
    expect(toPublic(reference, USUAL)).toBe(expected);
  });

  test.each([
    "HTTPS://origin.test/base/x",
    "https://ORIGIN.test/base/x",
    "https://origin.test:443/base/x",
    "https://origin.test./base/x",
    "https://us:er@origin.test/base/x",
    "http://origin.test/base/x",
    "http://origin.test:80/base/x",
    "http://origin.test:443/base/x",
    "https:\\\\origin.test\\base\\x",
    "https://origin.test/a/../base/x",
    "https://origin.test/%2e%2e/base/x",
    " https://origin.test/base/x ",
  ])("is known however it is spelled: %j", (reference) => {
    expect(toPublic(reference, USUAL)).toBe("https://api.test/v1/x");
  });

  test.each([
    ["//origin.test/base/x", "//api.test/v1/x"],
    ["/\\origin.test/base/x", "//api.test/v1/x"],
    ["wss://origin.test/base/x", "wss://api.test/v1/x"],
    ["ws://origin.test/base/x", "wss://api.test/v1/x"],
  ])("keeps its form: %j becomes %j", (reference, expected) => {
    expect(toPublic(reference, USUAL)).toBe(expected);
  });

  test.each(["x", "./x", "../x", "../files/x?y", "?x", "#x", "", "x:y/../../z".slice(2), "b/%2e%2e/c"])(
    "that is relative and stays below the base URL passes as it is: %j",
    (reference) => {
      expect(toPublic(reference, USUAL)).toBe(reference);
    },
  );

  test.each([
    "https://origin.test/x",
    "https://origin.test/basement",
    "https://origin.test/",
    "https://origin.test",
    "/x",
    "/basement",
    "/base/../x",
    "/base/../../sandbox/x",
    "/base/%2e%2e/sandbox/x",
    "/base\\..\\sandbox\\x",
    "../../../sandbox/x",
    "//origin.test/x",
    "https://api.test/sandbox/x",
    "https://api.test/v1/../sandbox/x",
  ])("to which the base URL does not lead is taken out: %j", (reference) => {
    expect(toPublic(reference, USUAL)).toBeUndefined();
  });

  test.each([
    "https://elsewhere.test/base/x",
    "//elsewhere.test/base/x",
    "https://origin.test.evil.test/base/x",
    "https://evil.test/origin.test/base/x",
    "https://origin.test:8443/base/x",
    "https://origin.test@evil.test/base/x",
    "mailto:somebody@origin.test",
    "app://origin.test/base/x",
    "javascript:void",
    "https://[origin.test/base",
    "https://origin.test:port/base",
  ])("is told from any other, which passes as it is: %j", (reference) => {
    expect(toPublic(reference, USUAL)).toBe(reference);
  });

  test("that would begin with two slashes does not become a host", () => {
    const bare = addressing("https://api.test", "", "https://origin.test/base");
    expect(toPublic("/base//evil.test/x", bare)).toBe("//api.test//evil.test/x");
    expect(toPublic("/base", bare)).toBe("/");
  });

  test("above which there is no prefix gets the base URL's, and never becomes empty", () => {
    const root = addressing("https://api.test", "/v1", "https://origin.test");
    expect(toPublic("/", root)).toBe("/v1/");
    expect(toPublic("../../x", root)).toBe("/v1/x");
    expect(toPublic("https://origin.test", root)).toBe("https://api.test/v1/");
  });
});

describe("An origin that believes X-Forwarded-Host", () => {
  test.each([
    ["http://api.test/base/x", "https://api.test/v1/x"],
    ["https://api.test/base/x", "https://api.test/v1/x"],
    ["https://api.test:443/base", "https://api.test/v1"],
    ["//API.test/base/x", "//api.test/v1/x"],
  ])("leaves the prefix to the gateway: %j becomes %j", (reference, expected) => {
    expect(toPublic(reference, USUAL)).toBe(expected);
  });

  test("and has no prefix of its own gets the base URL's", () => {
    const registry = addressing("http://127.0.0.1:8787", "/sandbox", "http://127.0.0.1:5000");
    expect(toPublic("http://127.0.0.1:8787/v2/x/blobs/uploads/1?_state=a", registry)).toBe(
      "http://127.0.0.1:8787/sandbox/v2/x/blobs/uploads/1?_state=a",
    );
  });

  test("and has the same prefix as the base URL needs no change", () => {
    const registry = addressing("https://api.test", "/v2", "http://127.0.0.1:5000/v2");
    for (const path of ["/v2/x/blobs", "/v2/v2/x/blobs"]) {
      expect(toPublic(`https://api.test${path}`, registry)).toBe(`https://api.test${path}`);
      expect(toPublic(path, registry)).toBe(path);
      expect(toPublic(`http://127.0.0.1:5000${path}`, registry)).toBe(`https://api.test${path}`);
    }
  });
});

describe("An origin that believes X-Forwarded-Prefix", () => {
  const root = addressing("https://api.test", "/v1", "https://origin.test");
  const deep = addressing("https://api.test", "/v1", "https://origin.test/v1/api");
  test.each([
    [root, "https://api.test/v1/x", "https://api.test/v1/x"],
    [root, "/v1/x", "/v1/x"],
    [root, "https://origin.test/v1/x", "https://api.test/v1/x"],
    [USUAL, "/v1/base/x", "/v1/x"],
    [USUAL, "https://api.test/v1/x", "https://api.test/v1/x"],
    [deep, "/v1/api/x", "/v1/x"],
    [deep, "/v1/x", "/v1/x"],
    [deep, "/v1/v1/api/x", "/v1/x"],
  ] as const)("is told by the longest base that its address is below (%#)", (given, reference, expected) => {
    expect(toPublic(reference, given)).toBe(expected);
  });

  test("or does not can be said, where its own paths begin with the same", () => {
    const says = (uses: boolean) => addressing("https://api.test", "/v1", "https://origin.test", uses);
    expect(toPublic("/v1/x", says(false))).toBe("/v1/v1/x");
    expect(toPublic("/v1/v1/x", says(true))).toBe("/v1/v1/x");
    expect(toPublic("/x", says(true))).toBeUndefined();
    expect(toPublic("x", says(true))).toBe("x");
  });
});

describe("A service binding, whose origin sees the client's Host", () => {
  const bound = addressing("https://api.test", "/v1", "https://api.test");
  test.each([
    ["https://api.test/x", "https://api.test/v1/x"],
    ["http://API.test/x", "https://api.test/v1/x"],
    ["/x", "/v1/x"],
    ["../x", "../x"],
    ["../../x", "/v1/x"],
    ["https://api.test/v1/x", "https://api.test/v1/x"],
    ["/v1/x", "/v1/x"],
    ["https://elsewhere.test/x", "https://elsewhere.test/x"],
  ])("%j becomes %j", (reference, expected) => {
    expect(toPublic(reference, bound)).toBe(expected);
  });
});

describe("For every pair of base URL and origin, and every reference", () => {
  const prefixes = fc.constantFrom("", "/v1", "/v2", "/v1/api");
  const bases = fc.constantFrom("", "/base", "/v1", "/v2", "/v1/api");
  const given = fc
    .tuple(
      fc.constantFrom("https://api.test", "http://127.0.0.1:8787"),
      prefixes,
      fc.option(fc.constantFrom("https://origin.test", "http://127.0.0.1:5000", "http://origin.test:8080")),
      bases,
      fc.constantFrom(undefined, true, false),
    )
    .map(([called, prefix, host, base, uses]) =>
      // Without a host of its own it is a service binding.
      addressing(called, prefix, host === null ? called : host + base, uses),
    );
  const segment = fc.constantFrom(
    ...["", ".", "..", "%2e%2E", "..%2f", "x", "base", "v1", "v2", "api", "sandbox", "a b", "é", "x:y", ";p", "{}"],
  );
  const slash = fc.constantFrom("/", "/", "/", "\\");
  const path = fc
    .array(fc.tuple(slash, segment), { maxLength: 6 })
    .map((parts) => parts.map((part) => part.join("")).join(""));
  const behind = fc.constantFrom("", "?", "?a=/../b", "#f", "?a#b", "?http://origin.test/");
  const scheme = fc.constantFrom("http:", "https:", "HTTPS:", "ws:", "");
  const authority = fc.constantFrom(
    ...["api.test", "API.TEST:443", "api.test.", "u@api.test", "127.0.0.1:8787", "0x7f.1:8787", "elsewhere.test"],
    ...["origin.test", "Origin.Test:443", "u:p@origin.test:8080", "origin.test.", "127.0.0.1:5000", "origin.test.evil"],
  );
  const reference = fc.oneof(
    fc.tuple(scheme, fc.constantFrom("//", "//", "\\\\"), authority, path, behind).map((parts) => parts.join("")),
    fc.tuple(path, behind).map((parts) => parts.join("")),
    fc.tuple(segment, path, behind).map((parts) => parts.join("")),
    fc.constantFrom("mailto:a@origin.test", "urn:x", "https://["),
    fc.string(),
  );

  test("the client is never sent to the origin's host, nor outside the base URL that it called", () => {
    fc.assert(
      fc.property(given, reference, (at, text) => {
        const passed = toPublic(text, at);
        if (passed === undefined) return;
        const target = URL.parse(passed, at.called.href);
        const host = target?.host.replace(/:(80|443)$|\.(?=:|$)/g, "");
        if (!target || !/^(http|ws)s?:$/.test(target.protocol)) expect(passed).toBe(text);
        else if (host !== at.called.host) expect(host).not.toBe(at.origin.host);
        else expect(`${target.pathname}/`.startsWith(`${at.prefix}/`), `${text} → ${passed}`).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  test("an address elsewhere passes as it is", () => {
    const own = (at: Addressing) => [at.called.host, at.origin.host];
    fc.assert(
      fc.property(given, reference, (at, text) => {
        const target = URL.parse(text, at.asked);
        fc.pre(!target?.host || !own(at).includes(target.host.replace(/:(80|443)$|\.(?=:|$)/g, "")));
        expect(toPublic(text, at)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  const resource = fc
    .array(fc.constantFrom("x", "base", "v1", "v2", "api", "files", "caf%C3%A9", "a%20b"), {
      minLength: 1,
      maxLength: 4,
    })
    .map((segments) => `/${segments.join("/")}`);
  /** How an origin may write the address of `path`, where it takes `own` for its own address. */
  const written = (own: Pick<URL, "origin" | "host">, path: string, form: number): string =>
    [`${own.origin}${path}`, `//${own.host}${path}`, path, `http://${own.host.toUpperCase()}${path}`][form] as string;

  test("the client gets what the origin means, if it knows of no prefix", () => {
    fc.assert(
      fc.property(given, resource, behind, fc.nat(3), fc.boolean(), (at, wanted, tail, form, believesHost) => {
        const { origin } = at;
        const own = origin.pathname === "/" ? "" : origin.pathname;
        const path = own + wanted;
        const other = [at.prefix, own === at.prefix ? "" : at.prefix + own].filter(({ length }) => length > own.length);
        fc.pre(at.usesForwardedPrefix === false || !other.some((base) => `${path}/`.startsWith(`${base}/`)));
        const passed = toPublic(written(believesHost ? at.called : origin, path, form) + tail, {
          ...at,
          usesForwardedPrefix: at.usesForwardedPrefix && undefined,
        });
        expect(URL.parse(passed as string, at.called.href)?.href).toBe(
          `${at.called.origin}${at.prefix}${wanted}${tail}`,
        );
      }),
      { numRuns: 3_000 },
    );
  });

  test("the client gets what the origin means, if it puts X-Forwarded-Prefix before its paths", () => {
    fc.assert(
      fc.property(given, resource, behind, fc.nat(3), (at, wanted, tail, form) => {
        const { pathname } = at.origin;
        const own = pathname === "/" ? "" : pathname;
        const uses = own === "" && at.usesForwardedPrefix === undefined ? undefined : true;
        const reference = written(at.called, at.prefix + own + wanted, form) + tail;
        const passed = toPublic(reference, { ...at, usesForwardedPrefix: uses });
        expect(URL.parse(passed as string, at.called.href)?.href).toBe(
          `${at.called.origin}${at.prefix}${wanted}${tail}`,
        );
      }),
      { numRuns: 3_000 },
    );
  });

  test("what a client reads from Link and Refresh is what the rule says of each reference", () => {
    const inBrackets = reference.filter((text) => !/[>\p{Cc}]/u.test(text));
    const parameter = fc.oneof(
      fc.constantFrom('; rel="next"', ";rel=prev", '; title="a, b; anchor=/x <c> \\" d"', "; hreflang=de", ""),
      inBrackets.filter((text) => !/["\\]/.test(text)).map((text) => ({ anchor: text })),
    );
    const links = fc.array(fc.record({ reference: inBrackets, parameters: fc.array(parameter, { maxLength: 3 }) }), {
      minLength: 1,
      maxLength: 4,
    });
    type Link = { reference: string; parameters: (string | { anchor: string })[] };
    const text = ({ reference: target, parameters }: Link) =>
      `<${target}>${parameters.map((one) => (typeof one === "string" ? one : `; anchor="${one.anchor}"`)).join("")}`;
    fc.assert(
      fc.property(given, links, (at, all) => {
        const expected = all.flatMap((link) => {
          const target = toPublic(link.reference, at);
          const parameters = link.parameters.map((one) =>
            typeof one === "string" ? one : { anchor: toPublic(one.anchor, at)?.replaceAll("\\", "\\\\") },
          );
          const lost = parameters.some((one) => typeof one !== "string" && one.anchor === undefined);
          return target === undefined || lost ? [] : [{ reference: target, parameters } as Link];
        });
        expect(publicLinks(all.map(text).join(", "), at)).toBe(expected.map(text).join(", ") || undefined);
      }),
      { numRuns: 3_000 },
    );
    fc.assert(
      fc.property(given, reference, fc.constantFrom("5; url=", "0;URL = ", "1.5, "), (at, target, before) => {
        fc.pre(!/^["'\s]|["']|^url|\s$|[\n\r\t]/i.test(target) && target !== "");
        const passed = toPublic(target, at);
        expect(publicRefresh(before + target, at)).toBe(passed && before + passed);
        const quoted = publicRefresh(`${before}'${target}'`, at);
        expect(quoted).toBe(passed === target ? `${before}'${target}'` : passed && `${before}"${passed}"`);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("Link", () => {
  test.each([
    [
      '</base/a>; rel="next", <https://origin.test/base/b>; rel=prev',
      '</v1/a>; rel="next", <https://api.test/v1/b>; rel=prev',
    ],
    ['</base/a>; title="</base/b>, c", <x>', '</v1/a>; title="</base/b>, c", <x>'],
    ['<https://e.test/>; anchor="/base/a"; rel=x', '<https://e.test/>; anchor="/v1/a"; rel=x'],
    ["<x>; anchor=/base/a; rel=x", '<x>; anchor="/v1/a"; rel=x'],
    ['<x>; title="; anchor=/base/a"', '<x>; title="; anchor=/base/a"'],
    ["</base/a,b>;rel=x,,</x>;rel=y, </base/c>", "</v1/a,b>;rel=x, </v1/c>"],
    ['<x>; rel="y"; anchor="/x", </base/z>', "</v1/z>"],
    ["</base/a>; rel=next, and what is no link", "</v1/a>; rel=next, and what is no link"],
    ['</base/a>; title="it has no end, </base/b>', '</v1/a>; title="it has no end, </base/b>'],
    ["<x> , <y>  ;rel=z", "<x> , <y>  ;rel=z"],
  ])("%s becomes %s", (value, expected) => {
    expect(publicLinks(value, USUAL)).toBe(expected);
  });

  test("is gone with its last link", () => {
    expect(publicLinks("</x>; rel=next, <https://origin.test/>", USUAL)).toBeUndefined();
  });
});

describe("Refresh", () => {
  test.each([
    ["5; url=/base/x", "5; url=/v1/x"],
    ["5;URL='https://origin.test/base/x?a=1'", '5;URL="https://api.test/v1/x?a=1"'],
    ['0, "/base/x" and more', '0, "/v1/x"'],
    ["5 /base/x", "5 /v1/x"],
    ["5", "5"],
    ["5;", "5;"],
    ["5; url=x", "5; url=x"],
    ["never; url=/base/x", "never; url=/base/x"],
    ["5; url=/x", undefined],
  ])("%s becomes %s", (value, expected) => {
    expect(publicRefresh(value, USUAL)).toBe(expected);
  });
});

describe("The fields of an answer", () => {
  test("that hold addresses are rewritten or taken out, and the others stay", () => {
    const headers = {
      Location: "/base/x",
      "Content-Location": "/elsewhere",
      Link: "</base/y>; rel=next",
      Refresh: "1; url=/base/z",
      ETag: '"/base/x"',
    };
    const passed = withPublicAddresses(new Response("body", { status: 201, headers }), () => USUAL);
    expect([passed.status, Object.fromEntries(passed.headers)]).toEqual([
      201,
      {
        location: "/v1/x",
        link: "</v1/y>; rel=next",
        refresh: "1; url=/v1/z",
        etag: '"/base/x"',
        "content-type": "text/plain;charset=UTF-8",
      },
    ]);
  });

  test("are left alone in the same answer where none has to change", () => {
    const answer = new Response(null, { status: 302, headers: { Location: "x" } });
    expect(withPublicAddresses(answer, () => USUAL)).toBe(answer);
  });

  test.each([
    ["Link", "<"],
    ["Link", '<x>;"'],
    ["Link", '<x>; a="\\"'],
    ["Link", "<x>, "],
    ["Link", '<x>;anchor="'],
    ["Link", '<x>;\\"'],
    ["Refresh", "5 "],
    ["Refresh", "5"],
  ])("cost time in proportion to their length (%s, %j)", (name, part) => {
    const msFor = (parts: number) => {
      const answer = new Response(null, { headers: { [name]: part.repeat(parts) } });
      const begunAt = performance.now();
      withPublicAddresses(answer, () => USUAL);
      return performance.now() - begunAt;
    };
    const leastFor = (parts: number) => Math.min(...Array.from({ length: 4 }, () => msFor(parts)));
    // Eight times as much. In proportion to the square, it would take 64 times as long.
    expect(leastFor(20_000)).toBeLessThan(5 * 8 * Math.max(10, leastFor(2_500)));
  });
});
