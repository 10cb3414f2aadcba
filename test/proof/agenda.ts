/** True time, which nobody in a world sees, and what is to happen in it. */

type Act = () => void;

interface Item {
  readonly at: number;
  readonly order: number;
  act: Act | undefined;
}

export class Agenda {
  now: number;
  #added = 0;
  /** A binary heap: the next one first. */
  readonly #items: Item[] = [];

  constructor(start: number) {
    this.now = start;
  }

  /** What is added for a moment that has passed happens now. */
  add(at: number, act: Act): Item {
    this.#added += 1;
    const items = this.#items;
    const item: Item = { at: Math.max(at, this.now), order: this.#added, act };
    items.push(item);
    for (let child = items.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfEarlier(child, parent)) break;
      child = parent;
    }
    return item;
  }

  /** Resolves so long after now. */
  after(ms: number): Promise<void> {
    return new Promise((resolve) => this.add(this.now + ms, resolve));
  }

  /** Does everything in order of time, what is added meanwhile too. Between two moments all promises come to rest. */
  async run(): Promise<void> {
    const restore = this.#takeTimers();
    try {
      for (let item = this.#next(); item; item = this.#next()) {
        this.now = item.at;
        if (!item.act) continue;
        item.act();
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      restore();
    }
  }

  #next(): Item | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (!first || !last || items.length === 0) return first;
    items[0] = last;
    for (let parent = 0; ; ) {
      const [left, right] = [2 * parent + 1, 2 * parent + 2];
      const child = right < items.length && isEarlier(items[right] as Item, items[left] as Item) ? right : left;
      if (child >= items.length || !this.#swapIfEarlier(child, parent)) return first;
      parent = child;
    }
  }

  #swapIfEarlier(child: number, parent: number): boolean {
    const [lower, upper] = [this.#items[child] as Item, this.#items[parent] as Item];
    if (!isEarlier(lower, upper)) return false;
    this.#items[child] = upper;
    this.#items[parent] = lower;
    return true;
  }

  /** The product's timers run in this world's time. Returns how to give them back. */
  #takeTimers(): () => void {
    const { setTimeout, clearTimeout } = globalThis;
    const cancel = (item: Item | null) => {
      if (item) item.act = undefined;
    };
    const timers = { setTimeout: (act: Act, ms: number) => this.add(this.now + ms, act), clearTimeout: cancel };
    Object.assign(globalThis, timers);
    return () => {
      Object.assign(globalThis, { setTimeout, clearTimeout });
    };
  }
}

const isEarlier = (a: Item, b: Item) => a.at < b.at || (a.at === b.at && a.order < b.order);
