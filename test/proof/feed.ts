/** The objects that answer what has changed, by the code of the real one, and what lies between them and those who ask. */

import { Feed, type FeedContacts } from "../../src/authority/feed.ts";
import type { FeedAnswer, FeedQuestion } from "../../src/domain/feed.ts";
import type { Agenda } from "./agenda.ts";
import { type Fate, LOST_AFTER_MS } from "./world.ts";

export class FeedObject {
  readonly #contacts: FeedContacts;
  #feed: Feed;
  #zombie: Feed;

  constructor(contacts: FeedContacts) {
    this.#contacts = contacts;
    this.#feed = new Feed(contacts);
    this.#zombie = this.#feed;
  }

  /** Restarted elsewhere, with an empty memory. The instance of before still answers. */
  replace(): void {
    this.#zombie = this.#feed;
    this.#feed = new Feed(this.#contacts);
  }

  instance(fault: Fate["fault"]): Feed {
    return fault === "zombie" ? this.#zombie : this.#feed;
  }
}

export class FeedNetwork {
  answers = 0;
  readonly #agenda: Agenda;
  readonly #object: FeedObject;
  readonly #nextFate: () => Fate;
  readonly #isCut: () => boolean;
  readonly #isOld: () => boolean;

  /** `isOld`: the object runs code from before the feed. */
  constructor(agenda: Agenda, object: FeedObject, nextFate: () => Fate, isCut: () => boolean, isOld: () => boolean) {
    this.#agenda = agenda;
    this.#object = object;
    this.#nextFate = nextFate;
    this.#isCut = isCut;
    this.#isOld = isOld;
  }

  async ask(question: FeedQuestion): Promise<FeedAnswer | undefined> {
    const { up, down, fault, repeatedAfter } = this.#nextFate();
    if (fault === "question lost" || this.#isCut()) await this.#lost();
    await this.#agenda.after(up);
    if (this.#isOld()) throw new Error("no such method");
    if (repeatedAfter !== undefined) void this.#repeated(question, fault, repeatedAfter);
    const answer = await this.#object.instance(fault).since(question);
    this.answers += 1;
    if (fault === "answer lost" || typeof fault === "object") await this.#lost();
    await this.#agenda.after(down);
    return answer && structuredClone(answer);
  }

  async #repeated(question: FeedQuestion, fault: Fate["fault"], after: number): Promise<void> {
    await this.#agenda.after(after);
    await this.#object
      .instance(fault)
      .since(question)
      .catch(() => undefined);
  }

  async #lost(): Promise<never> {
    await this.#agenda.after(LOST_AFTER_MS);
    throw new Error("lost");
  }
}
