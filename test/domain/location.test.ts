import { describe, expect, test } from "vitest";
import { idIn, isWithin, LOCATIONS, locationOf, movesOf, nearestTo, placeOf } from "../../src/domain/location.ts";

describe("the nearest location", () => {
  test.each([
    [{ continent: "EU", country: "DE", longitude: "13.40" }, "weur"],
    [{ continent: "EU", country: "PT", longitude: "-9.14" }, "weur"],
    [{ continent: "EU", country: "RO", longitude: "26.10" }, "eeur"],
    [{ continent: "EU", country: "DE" }, "weur"],
    [{ continent: "NA", country: "US", longitude: "-122.33" }, "wnam"],
    [{ continent: "NA", country: "US", longitude: "-74.01" }, "enam"],
    [{ continent: "NA", country: "US" }, "enam"],
    [{ continent: "SA", country: "BR", longitude: "-46.63" }, "sam"],
    [{ continent: "AS", country: "JP", longitude: "139.69" }, "apac"],
    [{ continent: "AS", country: "AE", longitude: "55.27" }, "me"],
    [{ continent: "EU", country: "TR", longitude: "28.98" }, "me"],
    [{ continent: "OC", country: "AU" }, "oc"],
    [{ continent: "AF", country: "NG" }, "afr"],
    [{ continent: "AN" }, undefined],
    [{ country: "T1" }, undefined],
    [{ continent: 7, country: null, longitude: {} }, undefined],
    [{ continent: "toString" }, undefined],
    [{}, undefined],
  ])("to %j is %s", (place, nearest) => expect(nearestTo(place)).toBe(nearest));
});

describe("the location in an id", () => {
  test.each(LOCATIONS)("is the one that it was created with: %s", (location) => {
    const id = idIn(location, "key_0123");
    expect(id).toBe(`key_${location}_0123`);
    expect(locationOf(id)).toBe(location);
  });

  test.each(["key_0123", "key_weur", "key_mars_0123", "weur_0123", "key__weur_0123", "weur", ""])(
    "is none in %j",
    (id) => expect(locationOf(id)).toBeUndefined(),
  );
});

test("a jurisdiction has only the locations inside it, and no jurisdiction has all of them", () => {
  const inside = (jurisdiction: "eu" | "us" | undefined) =>
    LOCATIONS.filter((location) => isWithin(location, jurisdiction));
  expect([inside("eu"), inside("us"), inside(undefined)]).toEqual([["weur", "eeur"], ["wnam", "enam"], [...LOCATIONS]]);
});

describe("objects are moved", () => {
  test.each([
    ["by a jurisdiction where there was none", { production: null }, { production: "eu" }],
    ["by none where there was one", { production: "eu" }, { production: null }],
    ["by another one", { production: "eu" }, { production: "us" }],
    ["if their environment is no longer configured", { production: "eu" }, {}],
    ["if those of no environment are", { "*": null, production: "eu" }, { "*": "eu", production: "eu" }],
  ] as const)("%s", (_, recorded, wanted) => expect(movesOf(recorded, wanted)).toHaveLength(1));

  test.each([
    ["a new environment", { "*": null }, { "*": null, sandbox: "us" }],
    ["the same as before", { "*": "eu", production: "eu" }, { "*": "eu", production: "eu" }],
    ["the removal of an environment without one", { "*": null, sandbox: null }, { "*": null }],
  ] as const)("never by %s", (_, recorded, wanted) => expect(movesOf(recorded, wanted)).toEqual([]));

  test("and the sentence names both places, and where to write it", () => {
    expect(movesOf({ "*": null, live: "eu" }, { "*": "us", live: "us" })).toEqual([
      "The objects of the control plane were created in no jurisdiction, but control.jurisdiction says us.",
      'The objects of "live" were created in eu, but environments.live.jurisdiction says us.',
    ]);
  });
});

describe("a place in words", () => {
  test.each([
    [{ country: "DE", city: "Berlin" }, "Berlin, Germany"],
    [{ country: "US", city: "San José" }, "San José, United States"],
    [{ country: "FR" }, "France"],
    [{ country: "FR", city: "" }, "France"],
    [{ country: "T1", city: "Somewhere" }, "Tor"],
    [{ country: "XX", city: "Nowhere" }, null],
    [{ country: "de", city: "Berlin" }, null],
    [{ country: 7, city: "Berlin" }, null],
    [{ city: "Berlin" }, null],
    [{}, null],
  ])("%o is %j", (place, words) => expect(placeOf(place)).toBe(words));

  test("is short, whatever the edge says", () => {
    expect(placeOf({ country: "GB", city: "a".repeat(5_000) })?.length).toBeLessThan(200);
  });
});
