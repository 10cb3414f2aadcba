/** Between isolates and their authority: what is asked and answered here is late, lost, repeated, and overtaken. */

import type { Answer, Question } from "../../src/domain/lease.ts";
import type { Agenda } from "./agenda.ts";
import type { Authority } from "./authority.ts";
import { type Fate, LOST_AFTER_MS } from "./world.ts";

interface Reply {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

export class Network {
  questions = 0;
  /** Of the questions, those for the next lease while one was spent. */
  renewals = 0;
  readonly #agenda: Agenda;
  readonly #authority: Authority;
  readonly #nextFate: () => Fate;
  readonly #isCut: () => boolean;

  constructor(agenda: Agenda, authority: Authority, nextFate: () => Fate, isCut: () => boolean) {
    this.#agenda = agenda;
    this.#authority = authority;
    this.#nextFate = nextFate;
    this.#isCut = isCut;
  }

  ask(question: Question): Promise<Answer> {
    this.questions += 1;
    if (question.renews) this.renewals += 1;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const fate = this.#nextFate();
    if (fate.fault === "question lost" || this.#isCut()) this.#in(LOST_AFTER_MS, () => reject(new Error("lost")));
    else {
      const arrive = () => void this.#arrive(question, fate, { resolve, reject });
      this.#in(fate.up, arrive);
      if (fate.repeatedAfter !== undefined) this.#in(fate.up + fate.repeatedAfter, arrive);
    }
    return promise;
  }

  async #arrive(question: Question, { down, fault }: Fate, { resolve, reject }: Reply): Promise<void> {
    try {
      const answer = await this.#answer(question, fault);
      if (fault === "answer lost") this.#in(LOST_AFTER_MS, () => reject(new Error("lost")));
      else this.#in(down, () => resolve(answer));
    } catch (error) {
      this.#in(down, () => reject(error));
    }
  }

  async #answer(question: Question, fault: Fate["fault"]): Promise<Answer> {
    if (fault === "zombie") return this.#authority.askZombie(question);
    return this.#authority.ask(question, typeof fault === "object" ? fault.crash : undefined);
  }

  #in(ms: number, act: () => void): void {
    this.#agenda.add(this.#agenda.now + ms, act);
  }
}
