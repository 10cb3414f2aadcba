/** Regular languages, by their derivatives (Brzozowski, 1964). */

/** Equal languages are the same object. */
export interface Language {
  readonly id: number;
  readonly hasEmptyText: boolean;
  /** What can follow `character` in texts that begin with it. */
  readonly after: (character: string) => Language;
  /** Its alternatives, if there are several. */
  readonly parts: readonly Language[];
}

const MAX_LANGUAGES = 2_000;

export class Languages {
  readonly #known = new Map<string, Language>();
  readonly #classes = new Map<string, ReadonlySet<string>>();
  readonly nothing = this.#intern("nothing", false, () => this.nothing);
  readonly emptyText = this.#intern("empty", true, () => this.nothing);

  /** Whether there are more than a sensible pattern creates. */
  get areTooMany(): boolean {
    return this.#known.size > MAX_LANGUAGES;
  }

  oneOf(characters: ReadonlySet<string>): Language {
    if (characters.size === 0) return this.nothing;
    const name = `one ${[...characters].sort().join("")}`;
    this.#classes.set(name, characters);
    return this.#intern(name, false, (character) => (characters.has(character) ? this.emptyText : this.nothing));
  }

  /** The characters, grouped so that no language here distinguishes two of one group. */
  alike(characters: readonly string[]): [string, ...string[]][] {
    const classes = [...this.#classes.values()];
    const groups = Map.groupBy(characters, (character) => classes.map((one) => Number(one.has(character))).join(""));
    return [...groups.values()] as [string, ...string[]][];
  }

  sequence(first: Language, rest: Language): Language {
    if (first === this.nothing || rest === this.nothing) return this.nothing;
    if (first === this.emptyText) return rest;
    if (rest === this.emptyText) return first;
    return this.#intern(`sequence ${first.id} ${rest.id}`, first.hasEmptyText && rest.hasEmptyText, (character) =>
      this.either([
        this.sequence(first.after(character), rest),
        first.hasEmptyText ? rest.after(character) : this.nothing,
      ]),
    );
  }

  either(given: readonly Language[]): Language {
    const options = given.flatMap((option) => (option.parts.length > 0 ? option.parts : [option]));
    const parts = [...new Set(options)].filter((option) => option !== this.nothing).sort((a, b) => a.id - b.id);
    if (parts.length < 2) return parts[0] ?? this.nothing;
    return this.#intern(
      `either ${parts.map(({ id }) => id)}`,
      parts.some(({ hasEmptyText }) => hasEmptyText),
      (character) => this.either(parts.map((part) => part.after(character))),
      parts,
    );
  }

  /** Any number of times, or none. */
  repeated(each: Language): Language {
    if (each === this.nothing || each === this.emptyText) return this.emptyText;
    const repeated = this.#intern(`repeated ${each.id}`, true, (character) =>
      this.sequence(each.after(character), repeated),
    );
    return repeated;
  }

  #intern(name: string, hasEmptyText: boolean, after: Language["after"], parts: readonly Language[] = []): Language {
    const known = this.#known.get(name);
    if (known) return known;
    const derived = new Map<string, Language>();
    const language = {
      id: this.#known.size,
      hasEmptyText,
      parts,
      after: (character: string) => {
        const next = derived.get(character) ?? after(character);
        derived.set(character, next);
        return next;
      },
    };
    this.#known.set(name, language);
    return language;
  }
}
