/** Where in the world the objects of keys live. */

/** https://developers.cloudflare.com/durable-objects/reference/data-location/#supported-locations */
export const LOCATIONS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"] as const;
export type Location = (typeof LOCATIONS)[number];

export const JURISDICTIONS = ["eu", "us"] as const;
export type Jurisdiction = (typeof JURISDICTIONS)[number];

/** What the edge says about where a client is. */
export interface ClientPlace {
  readonly continent?: unknown;
  readonly country?: unknown;
  readonly city?: unknown;
  /** In degrees, as text. */
  readonly longitude?: unknown;
}

const OF_CONTINENT = new Map<unknown, Location>([
  ["SA", "sam"],
  ["AS", "apac"],
  ["OC", "oc"],
  ["AF", "afr"],
]);
const MIDDLE_EAST = "AE BH IL IQ IR JO KW LB OM PS QA SA SY TR YE".split(" ");
const WITHIN: Readonly<Record<Jurisdiction, readonly Location[]>> = { eu: ["weur", "eeur"], us: ["wnam", "enam"] };
/** West of these degrees is the west of the continent. */
const WEST_OF = { NA: -100, EU: 18 };

/** The nearest location, if it is known where the client is. */
export function nearestTo({ continent, country, longitude }: ClientPlace): Location | undefined {
  const isWest = (degrees: number) => Number.parseFloat(String(longitude)) < degrees;
  if (continent === "NA") return isWest(WEST_OF.NA) ? "wnam" : "enam";
  if (MIDDLE_EAST.includes(String(country))) return "me";
  if (continent === "EU") return longitude === undefined || isWest(WEST_OF.EU) ? "weur" : "eeur";
  return OF_CONTINENT.get(continent);
}

/** Of an anonymous network. https://developers.cloudflare.com/network/ip-geolocation/ */
const TOR = "T1";
const MAX_CITY = 100;

/** In words, such as "Berlin, Germany"; `null` if it is not known. */
export function placeOf({ country, city }: ClientPlace): string | null {
  if (country === TOR) return "Tor";
  if (typeof country !== "string" || !/^[A-Z]{2}$/.test(country) || country === "XX") return null;
  const name = new Intl.DisplayNames("en", { type: "region" }).of(country) ?? country;
  return typeof city === "string" && city !== "" ? `${city.slice(0, MAX_CITY)}, ${name}` : name;
}

/** `key_…` becomes `key_weur_…`: so the location is known wherever the id is, and never changes. */
export function idIn(location: Location, id: string): string {
  const end = id.indexOf("_") + 1;
  return `${id.slice(0, end)}${location}_${id.slice(end)}`;
}

/** The location in an id. */
export function locationOf(id: string): Location | undefined {
  const [, location, rest] = id.split("_", 3);
  return rest === undefined ? undefined : LOCATIONS.find((known) => known === location);
}

/** Whether objects of the jurisdiction can be there. */
export function isWithin(location: Location, jurisdiction: Jurisdiction | undefined): boolean {
  return jurisdiction === undefined || WITHIN[jurisdiction].includes(location);
}

/** The jurisdictions of groups of objects, by name: an environment, or `*` for the objects of no environment. `null`: none. */
export type Jurisdictions = Readonly<Record<string, Jurisdiction | null>>;
export const OF_NO_ENVIRONMENT = "*";

/** A sentence for each group whose objects would be others, with nothing of what the present ones know. */
export function movesOf(recorded: Jurisdictions, wanted: Jurisdictions): string[] {
  const named = (jurisdiction: Jurisdiction | null) => (jurisdiction === null ? "no jurisdiction" : jurisdiction);
  return Object.entries(recorded)
    .filter(([group, jurisdiction]) => jurisdiction !== (wanted[group] ?? null))
    .map(([group, jurisdiction]) => {
      const [objects, place] =
        group === OF_NO_ENVIRONMENT
          ? ["The objects of the control plane", "control.jurisdiction"]
          : [`The objects of "${group}"`, `environments.${group}.jurisdiction`];
      return `${objects} were created in ${named(jurisdiction)}, but ${place} says ${named(wanted[group] ?? null)}.`;
    });
}
