/**
 * What an audit event says of a change, cut to a size that bounds how fast the trail can grow: texts and lists lose their
 * ends, each with a word of how much is missing. The record itself keeps the whole.
 */

type Details = Readonly<Record<string, unknown>>;

/** Of the JSON of one event's details. */
export const MAX_BYTES = 2_048;
/** Texts and lists are cut to these, the first that brings the event below `MAX_BYTES`. */
const STEPS = [
  { characters: 200, items: 50 },
  { characters: 80, items: 10 },
  { characters: 20, items: 3 },
];

export function boundedDetails(details: Details): Details {
  for (const step of STEPS) {
    const cut = cutTo(details, step) as Details;
    if (bytesOf(cut) <= MAX_BYTES) return cut;
  }
  return { fields: cutTo(Object.keys(details), { characters: 40, items: 20 }) };
}

function cutTo(value: unknown, step: { characters: number; items: number }): unknown {
  const { characters, items } = step;
  if (typeof value === "string") return cutText(value, characters);
  if (Array.isArray(value)) {
    const kept = value.slice(0, items).map((item) => cutTo(item, step));
    return value.length > items ? [...kept, `… and ${value.length - items} more`] : kept;
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, cutTo(item, step)]));
}

function cutText(text: string, most: number): string {
  if (text.length <= most) return text;
  // Not between the halves of a character.
  const kept = text
    .slice(0, most)
    .toWellFormed()
    .replace(/\uFFFD$/, "");
  return `${kept}… (${text.length} characters)`;
}

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
