/** A watched body. Most are not watched: the runtime moves them faster. */

/** How it ended: complete, aborted by one side, or stopped by the gateway. */
export type FlowEnd = "done" | "source broke" | "sink broke" | "source idle" | "sink idle" | "too large" | "stopped";

export interface Flow<End = FlowEnd> {
  readonly readable: ReadableStream<Uint8Array>;
  readonly ended: Promise<End>;
  stop(): void;
}

export interface FlowLimits {
  /** In bytes, if it is known: the receiver gets this length, and no other length is accepted. */
  readonly length: number | undefined;
  readonly maxBytes?: number | undefined;
  /** How long it can pause, whichever end it waits for. */
  readonly idleMs?: number | undefined;
  readonly now: () => number;
}

/** The most bytes to read at once. */
const CHUNK_BYTES = 64 * 1024;

export function pump(source: ReadableStream<Uint8Array>, limits: FlowLimits): Flow {
  const { length, maxBytes = Number.POSITIVE_INFINITY, idleMs, now } = limits;
  const { readable, writable } = identityStream(length);
  const read = readFrom(source, Math.min(CHUNK_BYTES, length || CHUNK_BYTES));
  const writer = writable.getWriter();
  let end: FlowEnd | undefined;
  const finish = (why: FlowEnd) => {
    if (end) return;
    end = why;
    clock?.stop();
    if (why === "done") return;
    // Either end can be gone already.
    read.cancel().catch(() => undefined);
    writer.abort(new Error(`the body was broken off: ${why}`)).catch(() => undefined);
  };
  let writing = false;
  const clock =
    idleMs === undefined ? undefined : new IdleClock(idleMs, now, () => finish(writing ? "sink idle" : "source idle"));

  const move = async (): Promise<FlowEnd> => {
    let bytes = 0;
    while (!end) {
      const chunk = await read.next().catch(() => finish("source broke"));
      if (end || !chunk) break;
      clock?.moved();
      writing = true;
      bytes += chunk.value?.byteLength ?? 0;
      if (bytes > maxBytes) finish("too large");
      else if (chunk.done)
        await writer.close().then(
          () => finish("done"),
          () => finish("sink broke"),
        );
      else await writer.write(chunk.value).catch(() => finish("sink broke"));
      clock?.moved();
      writing = false;
    }
    return end ?? "stopped";
  };
  return { readable, ended: move(), stop: () => finish("stopped") };
}

/** A body that can be stopped, and is not watched otherwise: the runtime moves it, with no JavaScript for each chunk. */
export function pipe(source: ReadableStream<Uint8Array>, length: number | undefined): Flow<void> {
  const { readable, writable } = identityStream(length);
  const stopped = new AbortController();
  const ended = source.pipeTo(writable, { signal: stopped.signal }).catch(() => undefined);
  return { readable, ended, stop: () => stopped.abort() };
}

function identityStream(length: number | undefined): IdentityTransformStream {
  return length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length);
}

interface Chunks {
  next(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

/** Reads large chunks if the runtime made the stream. A stream made in JavaScript gives its chunks unchanged. */
function readFrom(source: ReadableStream<Uint8Array>, atOnce: number): Chunks {
  try {
    const reader = source.getReader({ mode: "byob" });
    return { next: () => reader.read(new Uint8Array(atOnce)), cancel: () => reader.cancel() };
  } catch {
    const reader = source.getReader();
    return { next: () => reader.read(), cancel: () => reader.cancel() };
  }
}

/** One timer for a whole body: it is set again only when it has rung. */
class IdleClock {
  readonly #idleMs: number;
  readonly #now: () => number;
  readonly #onIdle: () => void;
  #movedAt: number;
  #timer: ReturnType<typeof setTimeout>;

  constructor(idleMs: number, now: () => number, onIdle: () => void) {
    this.#idleMs = idleMs;
    this.#now = now;
    this.#onIdle = onIdle;
    this.#movedAt = now();
    this.#timer = setTimeout(() => this.#ring(), idleMs);
  }

  moved(): void {
    this.#movedAt = this.#now();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #ring(): void {
    // Later than now if the clock has stepped back since.
    this.#movedAt = Math.min(this.#movedAt, this.#now());
    const left = this.#movedAt + this.#idleMs - this.#now();
    if (left <= 0) this.#onIdle();
    else this.#timer = setTimeout(() => this.#ring(), left);
  }
}
