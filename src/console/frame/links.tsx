/** A list of links, each with what tells it from others, and what it is. */

export interface LinkLine {
  readonly path: string;
  readonly name: string;
  readonly note: string;
  readonly aside?: string;
}

export function Links({ links }: { links: readonly LinkLine[] }) {
  return (
    <ul class="hits">
      {links.map(({ path, name, note, aside }) => (
        <li>
          <a href={path}>
            <span>
              <strong>{name}</strong> <small>{note}</small>
            </span>
            {aside && <small>{aside}</small>}
          </a>
        </li>
      ))}
    </ul>
  );
}
