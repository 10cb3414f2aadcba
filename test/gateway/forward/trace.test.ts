import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { passTrace } from "../../../src/gateway/forward/trace.ts";

const REQUEST_ID = `req_${"0f1e2d3c4b5a49788796a5b4c3d2e1f0"}`;
const OWN_PARENT = "8796a5b4c3d2e1f0";
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
const STATE = "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7";

/** What the origin gets of these header lines. */
function passed(lines: readonly (readonly [name: string, value: string])[]) {
  const headers = new Headers(lines.map(([name, value]): [string, string] => [name, value]));
  passTrace(headers, [...headers.keys()], REQUEST_ID);
  const [version, trace, parent, flags] = headers.get("traceparent")?.split("-") ?? [];
  return { version, trace, parent, flags, tracestate: headers.get("tracestate") };
}
const continued = (flags: string) => ({
  version: "00",
  trace: TRACE,
  parent: OWN_PARENT,
  flags,
  tracestate: STATE,
});
const BEGUN = { version: "00", trace: REQUEST_ID.slice(4), parent: OWN_PARENT, flags: "00", tracestate: null };

describe("a trace", () => {
  test.each([
    ["of this version", `00-${TRACE}-${PARENT}-01`, "01"],
    ["that nobody records", `00-${TRACE}-${PARENT}-00`, "00"],
    ["whose id is random, which the next version of the standard tells", `00-${TRACE}-${PARENT}-03`, "03"],
    ["with flags that nobody knows, which must be zero", `00-${TRACE}-${PARENT}-fd`, "01"],
    ["of a later version", `01-${TRACE}-${PARENT}-01`, "01"],
    ["of the last version", `fe-${TRACE}-${PARENT}-00`, "00"],
    ["of a later version, with more fields", `cc-${TRACE}-${PARENT}-01-what-the-future-will-be-like`, "01"],
    ["of a later version, with a dash at its end", `cc-${TRACE}-${PARENT}-01-`, "01"],
  ])(
    "%s is continued in version 00, with the gateway as the parent and the tracestate as it was",
    (_, given, flags) => {
      expect(
        passed([
          ["TraceParent", given],
          ["TraceState", STATE],
        ]),
      ).toEqual(continued(flags));
    },
  );

  test.each([
    ["nothing", undefined],
    ["an empty line", ""],
    ["a word", "nonsense"],
    ["version ff", `ff-${TRACE}-${PARENT}-01`],
    ["a version of one digit", `0-${TRACE}-${PARENT}-01`],
    ["a version of three digits", `000-${TRACE}-${PARENT}-01`],
    ["a version that is no number", `.0-${TRACE}-${PARENT}-01`],
    ["a version in capitals", `CC-${TRACE}-${PARENT}-01`],
    ["version 00 with more fields", `00-${TRACE}-${PARENT}-01-more`],
    ["version 00 with a dash at its end", `00-${TRACE}-${PARENT}-01-`],
    ["version 00 with a point at its end", `00-${TRACE}-${PARENT}-01.`],
    ["a later version whose flags run on", `cc-${TRACE}-${PARENT}-01.what`],
    ["a later version with flags of three digits", `cc-${TRACE}-${PARENT}-010`],
    ["a later version cut short", `cc-${TRACE}-${PARENT}-0`],
    ["a trace id of zeros", `00-${"0".repeat(32)}-${PARENT}-01`],
    ["a later version with a trace id of zeros", `01-${"0".repeat(32)}-${PARENT}-01`],
    ["a parent id of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["a trace id in capitals", `00-${TRACE.toUpperCase()}-${PARENT}-01`],
    ["a parent id in capitals", `00-${TRACE}-${PARENT.toUpperCase()}-01`],
    ["a trace id too short", `00-${TRACE.slice(1)}-${PARENT}-01`],
    ["a parent id too long", `00-${TRACE}-${PARENT}0-01`],
    ["flags that are no number", `00-${TRACE}-${PARENT}-.0`],
    ["other marks between the fields", `00_${TRACE}_${PARENT}_01`],
  ])("begins anew after %s, and the tracestate of the old one stays behind", (_, given) => {
    const lines: [string, string][] = given === undefined ? [] : [["traceparent", given]];
    expect(passed([...lines, ["tracestate", STATE]])).toEqual(BEGUN);
  });

  test.each([
    ["different", `00-${TRACE}-${PARENT}-01`, `00-${TRACE.replaceAll("0", "1")}-${PARENT}-01`],
    ["equal", `00-${TRACE}-${PARENT}-01`, `00-${TRACE}-${PARENT}-01`],
    ["of a later version", `01-${TRACE}-${PARENT}-01-more`, `01-${TRACE}-${PARENT}-01-more`],
    ["of which one is empty", "", `00-${TRACE}-${PARENT}-01`],
  ])("begins anew after two lines that are %s", (_, first, second) => {
    expect(
      passed([
        ["traceparent", first],
        ["traceparent", second],
        ["tracestate", STATE],
      ]),
    ).toEqual(BEGUN);
  });
});

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length });
const isNotZero = (text: string) => /[^0]/.test(text);
/** https://www.w3.org/TR/trace-context/#traceparent-header-field-values and #versioning-of-traceparent */
const traceparent = fc
  .record({
    version: hex(2).filter((version) => version !== "ff"),
    trace: hex(32).filter(isNotZero),
    parent: hex(16).filter(isNotZero),
    flags: hex(2),
    // What a later version may add.
    more: fc.option(fc.stringMatching(/^[!-+.-~]{0,20}$/)),
  })
  .map((fields) => ({ ...fields, more: fields.version === "00" ? null : fields.more }));
const textOf = ({ version, trace, parent, flags, more }: Record<string, string | null>) =>
  `${version}-${trace}-${parent}-${flags}${more === null ? "" : `-${more}`}`;

const key = fc.stringMatching(/^[a-z0-9][a-z0-9_*/@-]{0,20}$/);
const value = fc.stringMatching(/^[!-+\--<>-~]{1,20}$/);
const member = fc.tuple(key, value).map(([name, text]) => `${name}=${text}`);
const tracestate = fc.array(fc.oneof({ weight: 5, arbitrary: member }, { weight: 1, arbitrary: fc.constant("") }), {
  minLength: 1,
  maxLength: 40,
});

describe("for every traceparent and tracestate of the standard's grammar,", () => {
  test("the trace id and what is known of the flags go on, and the tracestate as it was", () => {
    fc.assert(
      fc.property(traceparent, tracestate, (given, members) => {
        const state = members.join(",");
        const lines: [string, string][] = [
          ["traceparent", textOf(given)],
          ["tracestate", state],
        ];
        expect(passed(lines)).toEqual({
          version: "00",
          trace: given.trace,
          parent: OWN_PARENT,
          flags: `0${Number.parseInt(given.flags, 16) & 3}`,
          tracestate: state,
        });
      }),
    );
  });

  test("a tracestate of several lines keeps its members in their order", () => {
    fc.assert(
      fc.property(traceparent, tracestate, (given, members) => {
        const lines = members.map((line): [string, string] => ["tracestate", line]);
        const { tracestate: state } = passed([["traceparent", textOf(given)], ...lines]);
        expect(state?.split(",").map((part) => part.trim())).toEqual(members);
      }),
    );
  });

  test("one wrong character in a fixed place begins a new trace", () => {
    const FIXED = 55;
    fc.assert(
      fc.property(traceparent, fc.nat(FIXED - 1), fc.constantFrom(..."gzAF.,_ /"), (given, at, wrong) => {
        const text = textOf(given);
        const changed = text.slice(0, at) + wrong + text.slice(at + 1);
        expect(
          passed([
            ["traceparent", changed],
            ["tracestate", STATE],
          ]),
        ).toEqual(BEGUN);
      }),
    );
  });
});
