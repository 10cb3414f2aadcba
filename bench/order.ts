/** In which order secrets are shown, and how long answers took. */

export type Order = "in turn" | "zipf";

export function nextOf(order: Order, count: number): () => number {
  return order === "zipf" ? zipf(count) : inTurn(count);
}

function inTurn(count: number): () => number {
  let at = 0;
  return () => at++ % count;
}

/** The nth of them comes 1/n as often as the first. */
function zipf(count: number): () => number {
  const upTo = new Float64Array(count);
  let total = 0;
  for (let i = 0; i < count; i++) upTo[i] = total += 1 / (i + 1);
  return () => {
    const wanted = Math.random() * total;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] as number) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
