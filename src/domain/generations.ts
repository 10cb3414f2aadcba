/** A map that holds the entries used last, of `size` to twice as much in all: what was not touched for a whole generation goes. */
export class Generations<K, V> {
  readonly #size: number;
  readonly #sizeOf: (value: V) => number;
  #young = new Map<K, V>();
  #old = new Map<K, V>();
  /** The size of what is young. */
  #filled = 0;

  /** `sizeOf`: if entries do not count as 1 each. */
  constructor(size: number, sizeOf: (value: V) => number = () => 1) {
    this.#size = size;
    this.#sizeOf = sizeOf;
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  /** Without counting as a use. */
  peek(key: K): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(key: K, value: V): void {
    if (!this.#young.has(key)) {
      if (this.#filled >= this.#size) this.#startGeneration(this.#young);
      this.#filled += this.#sizeOf(value);
    }
    this.#young.set(key, value);
  }

  /** For an entry whose size changes by so much. */
  grow(key: K, value: V, by: number): void {
    if (this.#young.get(key) === value) this.#filled += by;
  }

  delete(key: K): void {
    const young = this.#young.get(key);
    if (young !== undefined) this.#filled -= this.#sizeOf(young);
    this.#young.delete(key);
    this.#old.delete(key);
  }

  clear(): void {
    this.#startGeneration(new Map());
  }

  #startGeneration(old: Map<K, V>): void {
    this.#old = old;
    this.#young = new Map();
    this.#filled = 0;
  }
}
