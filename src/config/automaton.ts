/** A regular language in the form that texts are matched with: one step for each character, whatever the pattern. */

import { SECRET_CHARACTERS } from "../domain/secret.ts";
import type { Language, Languages } from "./language.ts";

export interface Automaton {
  /** The state after each character, by state and then by the character's place in `SECRET_CHARACTERS`, or `NONE`. The first state is 0. */
  readonly next: readonly Int16Array[];
  readonly accepts: readonly boolean[];
}

/** Nothing can match after this, whatever follows. */
const NONE = -1;
const MAX_STATES = 500;
const CHARACTERS = [...SECRET_CHARACTERS];
const PLACES = new Map(CHARACTERS.map((character, place) => [character.charCodeAt(0), place]));

/** `undefined` if it would be too large. */
export function automatonOf(language: Language, languages: Languages): Automaton | undefined {
  const alike = languages.alike(CHARACTERS);
  const states = new Map([[language, 0]]);
  const next: Int16Array[] = [];
  for (const state of states.keys()) {
    const row = new Int16Array(CHARACTERS.length).fill(NONE);
    for (const [first, ...others] of alike) {
      const after = state.after(first);
      if (after === languages.nothing) continue;
      const known = states.get(after) ?? states.size;
      states.set(after, known);
      for (const character of [first, ...others]) row[CHARACTERS.indexOf(character)] = known;
    }
    if (states.size > MAX_STATES || languages.areTooMany) return undefined;
    next.push(row);
  }
  return { next, accepts: [...states.keys()].map(({ hasEmptyText }) => hasEmptyText) };
}

export function matches({ next, accepts }: Automaton, text: string): boolean {
  let state = 0;
  for (let at = 0; at < text.length; at++) {
    const place = PLACES.get(text.charCodeAt(at));
    state = place === undefined ? NONE : (next[state]?.[place] ?? NONE);
    if (state === NONE) return false;
  }
  return accepts[state] === true;
}

/** The shortest text that both match; `undefined` if there is none. */
export function commonText(a: Automaton, b: Automaton): string | undefined {
  const seen = new Set([0]);
  let reached = [{ inA: 0, inB: 0, text: "" }];
  while (reached.length > 0) {
    const found = reached.find(({ inA, inB }) => a.accepts[inA] && b.accepts[inB]);
    if (found) return found.text;
    const further: typeof reached = [];
    for (const { inA, inB, text } of reached) {
      for (const [place, character] of CHARACTERS.entries()) {
        const pair = { inA: a.next[inA]?.[place] ?? NONE, inB: b.next[inB]?.[place] ?? NONE };
        const name = pair.inA * MAX_STATES + pair.inB;
        if (pair.inA === NONE || pair.inB === NONE || seen.has(name)) continue;
        seen.add(name);
        further.push({ ...pair, text: text + character });
      }
    }
    reached = further;
  }
  return undefined;
}
