/** The list of keys: its bar, its rows of one line, and their menus. */

export const LISTS = `
.head.tight { align-items: center; margin-bottom: 0.5rem; }
.views { display: flex; flex-wrap: wrap; gap: 0 0.25rem; min-width: 0; margin: 0 0 0.75rem; padding: 0; background: none; border: 0; border-bottom: 1px solid var(--line); overflow: visible; }
.views a { padding: 0.35rem 0.6rem; border: 0; border-bottom: 2px solid transparent; border-radius: 0; font-size: 0.875rem; }
.views a[aria-current] { color: var(--text); background: none; border-color: var(--accent); }
.find { display: flex; flex-wrap: wrap; gap: 0.5rem; margin: 0 0 0.75rem; }
.find > div { flex: 1 1 14rem; min-width: 0; }
.find > div > label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.find summary, .find > button { padding-block: 0.4rem; }
.drop { position: relative; }
.drop > summary { list-style: none; }
.drop > summary::-webkit-details-marker { display: none; }
.drop > summary::after { content: " ▾"; color: var(--faint); }
.panel { position: absolute; right: 0; z-index: 3; display: grid; gap: 0.6rem; width: max-content; min-width: 16rem; max-width: calc(100vw - 2rem); margin: 0.25rem 0 0; padding: 0.9rem; background: var(--sheet); border: 1px solid var(--edge); border-radius: var(--round); box-shadow: 0 0.5rem 1.5rem #0003; list-style: none; }
ul.panel { gap: 0; min-width: 11rem; padding: 0.35rem; }
.panel a, .menu a { display: block; padding: 0.3rem 0.6rem; border-radius: 0.25rem; color: var(--text); text-decoration: none; font-size: 0.875rem; }
.panel a:hover, .menu a:hover { background: var(--sunk); }
.panel a[aria-current] { font-weight: 600; }
.chips { display: flex; flex-wrap: wrap; gap: 0.35rem; margin: 0 0 0.75rem; padding: 0; list-style: none; font-size: 0.8125rem; }
.chips a { display: flex; gap: 0.4rem; max-width: 100%; padding: 0.1rem 0.6rem; color: var(--text); background: var(--sunk); border: 1px solid var(--edge); border-radius: 1rem; text-decoration: none; overflow-wrap: anywhere; }
.chips a.plain { border-color: transparent; background: none; text-decoration: underline; }
.room { container: list / inline-size; }
.list { padding: 0; font-size: 0.8125rem; }
.bar-of-list { display: flex; flex-wrap: wrap; gap: 0.35rem 0.75rem; align-items: center; padding: 0.4rem 0.75rem; border-bottom: 1px solid var(--line); }
.bar-of-list .export { margin-left: auto; }
button.small, .button.small { padding: 0.1rem 0.5rem; font-size: 0.8125rem; white-space: nowrap; }
.bulk { position: sticky; bottom: 0; z-index: 2; display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; padding: 0.5rem 0.75rem; background: var(--sheet); border-top: 1px solid var(--edge); border-radius: 0 0 0.75rem 0.75rem; }
.list { counter-reset: picked; }
.pick:checked { counter-increment: picked; }
.bulk output::before { content: counter(picked) " selected"; font-weight: 600; }
@supports selector(:has(a)) { .list:not(:has(.pick:checked)) .bulk { display: none; } }
.pages { padding: 0.6rem 0.75rem; }
.empty { text-align: center; padding: 2.5rem 1rem; }
table.keys { table-layout: fixed; }
.keys th, .keys td { height: 2.375rem; padding: 0 0.5rem 0 0; vertical-align: middle; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.keys th { height: 2rem; }
.keys tbody tr:hover { background: var(--sunk); }
.keys .select { width: 2.25rem; padding-left: 0.75rem; text-overflow: clip; }
.keys .pick { display: block; margin: 0; width: 1rem; height: 1rem; }
.keys td.key { display: flex; gap: 0.5rem; align-items: center; }
.keys td.key strong { min-width: 0; overflow: hidden; text-overflow: ellipsis; font-weight: 600; }
.keys td.key a { text-decoration: none; }
.keys td.key a:hover { text-decoration: underline; }
.keys code { font-size: 0.75rem; overflow-wrap: normal; white-space: nowrap; }
.keys td.key code { color: var(--faint); }
.keys .environment-of { width: 6.5rem; } .keys .scopes { width: 8.5rem; } .keys .creator { width: 6.5rem; } .keys .trend { width: 6.25rem; padding-right: 1rem; text-align: right; }
.keys .used { width: 6.5rem; } .keys .expires { width: 6rem; } .keys .state { width: 5.25rem; } .keys .menu-of { width: 2.25rem; padding: 0; overflow: visible; }
.keys .environment { padding: 0 0.3rem; font-size: 0.625rem; line-height: 1.125rem; border-width: 1px; letter-spacing: 0; }
.keys .environment:not(.main) { font-size: 0.6875rem; }
.keys .status { padding: 0 0.35rem; font-size: 0.75rem; line-height: 1.25rem; }
.keys td.scopes > span { display: flex; gap: 0.35rem; } .keys td.scopes code { min-width: 0; overflow: hidden; text-overflow: ellipsis; }
.keys td.trend > .week { display: flex; gap: 0.4rem; align-items: center; justify-content: space-between; font-variant-numeric: tabular-nums; }
.spark { width: 2.125rem; height: 1rem; fill: var(--accent); }
.dots { padding: 0.1rem 0.45rem; color: var(--text); background: none; line-height: 1.2; }
.menu { inset: auto; margin: 0; padding: 0.35rem; min-width: 9rem; color: var(--text); background: var(--sheet); border: 1px solid var(--edge); border-radius: var(--round); box-shadow: 0 0.5rem 1.5rem #0003; position-area: bottom span-left; position-try-fallbacks: flip-block; }
@supports not (position-area: bottom) { .menu { inset: 0; margin: auto; width: fit-content; height: fit-content; } }
@supports not selector(:popover-open) { .dots, .menu { display: none; } }
@container list (max-width: 58rem) { .keys .scopes, .keys .creator { display: none; } }
@container list (max-width: 42rem) {
  .bar-of-list .export { margin-left: 0; }
  .keys thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .keys, .keys tbody { display: block; }
  .keys tr { display: grid; grid-template: "select key state menu" auto "select environment used menu" auto / 2.5rem minmax(0, 1fr) auto 2.5rem; gap: 0.15rem 0; align-items: center; padding: 0.5rem 0; border-bottom: 1px solid var(--line); }
  .keys tbody tr:last-child { border-bottom: 0; }
  .keys td { height: auto; width: auto !important; border: 0; }
  .keys td.select { grid-area: select; } .keys td.key { grid-area: key; } .keys td.state { grid-area: state; text-align: right; }
  .keys td.environment-of { grid-area: environment; } .keys td.used { grid-area: used; color: var(--faint); text-align: right; } .keys td.menu-of { grid-area: menu; }
  .keys .trend, .keys .expires { display: none; }
}
@media (max-width: 36rem) {
  .find { position: relative; }
  .find > div { flex-basis: 8rem; }
  .find > button { display: none; }
  .find .drop { position: static; }
  .find .panel { left: 0; width: auto; }
  .bulk button { padding-inline: 0.6rem; }
  .views { flex-wrap: nowrap; overflow-x: auto; }
}
`;
