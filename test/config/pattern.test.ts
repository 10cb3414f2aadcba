import { describe, expect, test } from "vitest";
import { parsePattern, shapeOf } from "../../src/config/pattern.ts";

describe("a route's path", () => {
  test("is read as literals, parameters and a wildcard", () => {
    expect(parsePattern("/workspaces/:workspace/folders/*")).toEqual({
      segments: [
        { kind: "literal", text: "workspaces" },
        { kind: "param", name: "workspace" },
        { kind: "literal", text: "folders" },
        { kind: "wildcard" },
      ],
    });
  });

  test("may be the root, or everything", () => {
    expect(parsePattern("/")).toEqual({ segments: [] });
    expect(parsePattern("/*")).toEqual({ segments: [{ kind: "wildcard" }] });
  });

  test.each(["/a.b", "/a~b", "/items:search", "/v1.0", "/a=b,c", "/@me", "/.well-known", "/c++x"])(
    "may hold %s, which URLs keep as it is",
    (path) => {
      expect(parsePattern(path)).toEqual({ segments: [{ kind: "literal", text: path.slice(1) }] });
    },
  );

  test.each([
    ["", 'does not begin with a slash; write "/"'],
    ["folders", 'does not begin with a slash; write "/folders"'],
    ["/folders?all=1", "has a query or fragment; keep only the path"],
    ["/folders#top", "has a query or fragment; keep only the path"],
    ["/folders/", "has an empty segment; write single slashes, and none at the end"],
    ["//folders", "has an empty segment; write single slashes, and none at the end"],
    ["/a/*/b", "has a * before its end; use a :param for a segment in the middle"],
    ["/a*", 'has a * inside "a*"; use * only as the whole last segment'],
    ["/**", 'has a * inside "**"; use * only as the whole last segment'],
    [
      "/:Id",
      'has a parameter ":Id" that is not a name; use lower-case letters, digits, _ and -, beginning with a letter',
    ],
    ["/:", 'has a parameter ":" that is not a name; use lower-case letters, digits, _ and -, beginning with a letter'],
    ["/:id/x/:id", "names a parameter twice; give each its own name"],
    ["/a/./b", 'has a segment ".", which URLs never have; leave it out'],
    ["/a/../b", 'has a segment "..", which URLs never have; leave it out'],
    ["/a/%2e%2E/b", 'has a segment "%2e%2E", which URLs never have; leave it out'],
    ["/a%2Fb", 'has a segment "a%2Fb", which can be read in several ways; use a :param there'],
    ["/two words", 'has a segment "two words", which can be read in several ways; use a :param there'],
    ["/café", 'has a segment "café", which can be read in several ways; use a :param there'],
    ["/a;v=1", 'has a segment "a;v=1", which can be read in several ways; use a :param there'],
    ["/c++", 'has a segment "c++", which can be read in several ways; use a :param there'],
    ["/+1", 'has a segment "+1", which can be read in several ways; use a :param there'],
    ["/...", 'has a segment "...", which can be read in several ways; use a :param there'],
    ["/a\\b", 'has a segment "a\\b", which no request has; write "a/b"'],
    ["/a\tb", 'has a segment "a\tb", which no request has; write "ab"'],
  ])("is refused as %j, with what to do", (path, problem) => {
    expect(parsePattern(path)).toEqual({ problem });
  });
});

describe("a shape", () => {
  const shape = (path: string) => {
    const pattern = parsePattern(path);
    return "segments" in pattern ? shapeOf(pattern.segments) : undefined;
  };

  test("is the same for paths that differ in the names of parameters", () => {
    expect(shape("/a/:x/b/*")).toBe(shape("/a/:y/b/*"));
  });

  test.each([
    ["/", "/*"],
    ["/a", "/a/*"],
    ["/a", "/:a"],
    ["/a/b", "/a/:b"],
    ["/:a", "/*"],
  ])("differs for %s and %s", (one, other) => {
    expect(shape(one)).not.toBe(shape(other));
  });
});
