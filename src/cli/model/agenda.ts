/** What happens in a simulated world, in order of time: a binary heap. Times are milliseconds. */

type Act = (at: number) => void;

interface Item {
  readonly at: number;
  readonly act: Act;
}

export class Agenda {
  readonly #items: Item[] = [];

  add(at: number, act: Act): void {
    const items = this.#items;
    items.push({ at, act });
    for (let child = items.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfEarlier(child, parent)) return;
      child = parent;
    }
  }

  /** Does everything before `end`, what is added meanwhile too. */
  run(end: number): void {
    for (let first = this.#items[0]; first && first.at < end; first = this.#items[0]) {
      this.#removeFirst();
      first.act(first.at);
    }
  }

  #removeFirst(): void {
    const items = this.#items;
    const last = items.pop();
    if (!last || items.length === 0) return;
    items[0] = last;
    for (let parent = 0; ; ) {
      const left = 2 * parent + 1;
      const right = left + 1;
      const child = right < items.length && (items[right] as Item).at < (items[left] as Item).at ? right : left;
      if (child >= items.length || !this.#swapIfEarlier(child, parent)) return;
      parent = child;
    }
  }

  #swapIfEarlier(child: number, parent: number): boolean {
    const [lower, upper] = [this.#items[child] as Item, this.#items[parent] as Item];
    if (lower.at >= upper.at) return false;
    this.#items[child] = upper;
    this.#items[parent] = lower;
    return true;
  }
}
