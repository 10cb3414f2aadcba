import fc from "fast-check";
import { expect, test } from "vitest";
import type { KeptRequest, Place } from "../../src/domain/kept-request.ts";
import {
  addGroup,
  decode,
  encode,
  isNamed,
  nameOfGroup,
  namesOfPlace,
  neighboursOf,
  type RequestGroups,
  withoutRoute,
} from "../../src/domain/request-groups.ts";
import { keptRequest } from "../helpers/requests.ts";

const optional = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null });
const places: fc.Arbitrary<Place | null> = optional(
  fc.record({
    organizationId: fc.constantFrom("org_1", "org_2"),
    environment: fc.constantFrom("production", "sandbox"),
  }),
);
const requests: fc.Arbitrary<KeptRequest> = fc
  .record({
    at: fc.nat(3_600_000),
    keyId: optional(fc.constantFrom("key_1", "key_2")),
    organizationId: optional(fc.constantFrom("org_1", "org_2")),
    environment: optional(fc.constantFrom("production", "sandbox")),
    route: fc.constantFrom("", "/a/*", "/b c/:d"),
    status: fc.constantFrom(200, 204, 404, 429, 503),
    reason: optional(fc.constantFrom("rate_exceeded", "scope_missing")),
    path: optional(fc.string()),
    members: fc.constantFrom<KeptRequest["members"]>({}, { required_scopes: ["a:read"] }, { retry_after_ms: 5 }),
    clientAddress: optional(fc.ipV4()),
    origin: optional(fc.constant("main")),
    originStatus: optional(fc.constantFrom(200, 404)),
    originMs: optional(fc.nat(100)),
  })
  .map((fields) => keptRequest(fields));

test("Groups are the same once they were stored, wherever and whatever their requests are", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(places, requests)), (all) => {
      const groups: RequestGroups = new Map();
      for (const [place, request] of all) {
        const { route, reason, status } = request;
        const group = { route, outcome: reason ?? String(status), requests: 3, kept: [request] };
        addGroup(groups, nameOfGroup(place, group), group);
      }
      expect(decode(encode(groups))).toEqual(groups);
    }),
  );
});

test("A place has the names of its groups, and of no others", () => {
  const place = { organizationId: "org_1", environment: "production" };
  const group = { route: "/a b/*", outcome: "rate_exceeded" };
  const others = [
    null,
    { ...place, environment: "prod" },
    { ...place, environment: "production2" },
    { ...place, organizationId: "org_10" },
  ];
  const name = nameOfGroup(place, group);
  expect(isNamed(namesOfPlace(place), name)).toBe(true);
  expect(neighboursOf(name)).toEqual(namesOfPlace(place));
  expect(withoutRoute(name)).toBe(nameOfGroup(place, { ...group, route: "" }));
  for (const other of others) {
    expect(isNamed(namesOfPlace(place), nameOfGroup(other, group))).toBe(false);
    expect(isNamed(namesOfPlace(other), name)).toBe(false);
  }
});

test("A stored request takes little more than what only it has", () => {
  const request = keptRequest({
    at: 1_764_400_000_000,
    origin: "main",
    originStatus: 200,
    originMs: 4,
    status: 200,
    reason: null,
    members: {},
  });
  const place = { organizationId: "org_1", environment: "sandbox" };
  const group = { route: "/signatures/*", outcome: "200", requests: 1, kept: [request] };
  expect(encode([[nameOfGroup(place, group), group]]).length).toBeLessThan(JSON.stringify(request).length * 0.7);
});
