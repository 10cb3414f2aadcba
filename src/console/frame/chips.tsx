/** The filters of a list that are set. Each can be removed alone. */

export interface Chip {
  readonly label: string;
  readonly value: string;
  /** The list without it. */
  readonly path: string;
}

/** `all`: the list without any of them. */
export function Chips({ chips, all }: { chips: readonly Chip[]; all: string }) {
  if (chips.length === 0) return null;
  return (
    <ul class="chips" aria-label="Filters that are set">
      {chips.map(({ label, value, path }) => (
        <li>
          <a href={path}>
            <span>
              {label}: <strong>{value}</strong>
            </span>{" "}
            <span aria-hidden="true">×</span>
            <span class="unseen">, remove</span>
          </a>
        </li>
      ))}
      <li>
        <a class="plain" href={all}>
          Clear all
        </a>
      </li>
    </ul>
  );
}
