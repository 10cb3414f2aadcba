/** The console's own style. No library: see docs/decisions/0007-a-console-without-libraries.md. */

import { LISTS } from "./list-style.ts";

const TOKENS = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f7f9, #101317); --sheet: light-dark(#ffffff, #181c22); --sunk: light-dark(#eef0f3, #0c0f12);
  --text: light-dark(#1a1f26, #e7ebf0); --faint: light-dark(#555f6b, #a3adb9); --line: light-dark(#d9dee5, #2f3640);
  --edge: light-dark(#7c8794, #76818e); --accent: light-dark(#0b57d0, #8ab4f8); --on-accent: light-dark(#ffffff, #0b1a33);
  --good: light-dark(#146c2e, #7fd99a); --good-back: light-dark(#e4f5e9, #14301d);
  --warn: light-dark(#8a4b00, #f5bf6b); --warn-back: light-dark(#fdf1dc, #35270f);
  --bad: light-dark(#b3261e, #ffb4ab); --bad-back: light-dark(#fdeceb, #3b1512);
  --main-back: light-dark(#9a1b3c, #ffb1c0); --main-text: light-dark(#ffffff, #4a0019);
  --other-text: light-dark(#00606b, #6fd6e3);
  --round: 0.5rem; --mono: ui-monospace, "SFMono-Regular", "DejaVu Sans Mono", monospace;
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; font: 0.9375rem/1.5 system-ui, sans-serif; background: var(--page); color: var(--text); }
h1 { margin: 0 0 0.25rem; font-size: 1.5rem; line-height: 1.25; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { margin: 0 0 0.75rem; font-size: 1.0625rem; line-height: 1.3; }
h3 { margin: 1.25rem 0 0.5rem; font-size: 0.9375rem; }
p, ul, ol { margin: 0 0 1rem; }
a { color: var(--accent); text-underline-offset: 0.15em; }
a:has(code) { text-underline-offset: 0.35em; }
code, pre { font: 0.8125rem/1.5 var(--mono); }
code { overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
main:focus { outline: none; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.faint, .hint { color: var(--faint); }
.hint { margin: 0 0 0.35rem; font-size: 0.8125rem; }
[hidden] { display: none !important; }
`;

const FRAME = `
.skip { position: absolute; left: -99rem; z-index: 2; padding: 0.5rem 1rem; background: var(--sheet); }
.skip:focus { left: 0.5rem; top: 0.5rem; }
.bar { display: flex; align-items: center; justify-content: space-between; gap: 1rem; padding: 0.5rem 1rem; background: var(--sheet); border-bottom: 1px solid var(--line); }
.brand { color: inherit; font-weight: 700; font-size: 1.0625rem; text-decoration: none; }
.identity { display: flex; align-items: center; gap: 0.75rem; min-width: 0; }
.identity a { display: grid; min-width: 0; color: inherit; text-decoration: none; text-align: right; line-height: 1.25; }
.identity a > * { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.identity span { font-size: 0.8125rem; color: var(--faint); }
nav { background: var(--sheet); border-bottom: 1px solid var(--line); overflow-x: auto; display: flex; padding: 0 0.5rem; }
nav ul { display: flex; margin: 0; padding: 0; list-style: none; }
nav ul + ul { border-left: 1px solid var(--line); }
nav a { display: block; padding: 0.65rem 0.6rem; color: var(--faint); text-decoration: none; white-space: nowrap; border-bottom: 3px solid transparent; }
nav a:hover { color: var(--text); }
nav a:focus-visible { outline-offset: -3px; }
nav a[aria-current] { color: var(--text); font-weight: 600; border-color: var(--accent); }
main { padding: 1.25rem 1rem 4rem; max-width: 76rem; min-width: 0; }
@media (min-width: 56rem) {
  body { display: grid; grid-template: auto 1fr / 13rem minmax(0, 1fr); min-height: 100vh; }
  .bar { grid-column: 1 / -1; padding: 0.5rem 1.5rem; }
  nav { display: block; padding: 1rem 0.75rem; border: 0; border-right: 1px solid var(--line); }
  nav ul { display: block; }
  nav ul + ul { margin-top: 1rem; padding-top: 1rem; border: 0; border-top: 1px solid var(--line); }
  nav a { padding: 0.4rem 0.75rem; border: 0; border-radius: var(--round); }
  nav a[aria-current] { background: var(--sunk); color: var(--accent); }
  main { padding: 1.75rem 2rem 4rem; }
}
.head { display: flex; flex-wrap: wrap; align-items: start; justify-content: space-between; gap: 0.75rem 1.5rem; margin-bottom: 1.25rem; }
.head p { margin: 0; color: var(--faint); max-width: 44rem; }
.actions { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; }
.actions form { margin: 0; }
.crumb { margin: 0 0 0.5rem; font-size: 0.8125rem; }
.sheet { margin: 0 0 1.25rem; padding: 1.125rem 1.25rem; background: var(--sheet); border: 1px solid var(--line); border-radius: 0.75rem; }
.sheet > :last-child, .sheet > .workspaces > fieldset { margin-bottom: 0; }
h1 + .sheet, h1 + .columns, h1 + form, h1 + .notice { margin-top: 1rem; }
dl + p, dl + .actions { margin-top: 1rem; }
.columns { display: grid; gap: 0 1.25rem; align-items: start; }
.columns > * { min-width: 0; }
@media (min-width: 64rem) { .columns { grid-template-columns: 1fr 1fr; } .columns.main { grid-template-columns: 1.7fr 1fr; } }
`;

const PARTS = `
button, .button { display: inline-block; padding: 0.45rem 1rem; font: inherit; font-weight: 600; line-height: 1.4; text-decoration: none; color: var(--on-accent); background: var(--accent); border: 1px solid transparent; border-radius: var(--round); cursor: pointer; }
button:hover, .button:hover { filter: brightness(1.08); }
button.quiet, .button.quiet { color: var(--text); background: var(--sheet); border-color: var(--edge); }
button.grave, .button.grave { color: var(--bad); background: var(--sheet); border-color: currentColor; }
button[disabled] { opacity: 0.6; cursor: progress; }
input, select, textarea { width: 100%; padding: 0.4rem 0.6rem; font: inherit; color: var(--text); background: var(--sheet); border: 1px solid var(--edge); border-radius: var(--round); }
input[type="checkbox"], input[type="radio"] { width: 1.125rem; height: 1.125rem; margin: 0.15rem 0 0; accent-color: var(--accent); flex: none; }
textarea { min-height: 4.5rem; resize: vertical; }
label { font-weight: 600; }
.field { margin: 0 0 1rem; max-width: 36rem; }
fieldset { min-width: 0; margin: 0 0 1.25rem; padding: 0; border: 0; }
legend { padding: 0; margin-bottom: 0.35rem; font-weight: 600; }
.choice { display: flex; gap: 0.6rem; align-items: start; margin: 0 0 0.5rem; font-weight: 400; }
.choice > span { min-width: 0; overflow-wrap: anywhere; }
.choice small { display: block; color: var(--faint); font-size: 0.8125rem; }
.choice.off { color: var(--faint); }
.problem { margin: 0.3rem 0 0; color: var(--bad); font-size: 0.875rem; font-weight: 600; }
.wrong input, .wrong select, .wrong textarea { border-color: var(--bad); }
.row { display: flex; flex-wrap: wrap; gap: 0.75rem; align-items: end; }
.row + .field, .row + .row { margin-top: 1rem; }
.row.top { align-items: start; }
.row > * { flex: 1 1 8rem; margin: 0; min-width: 0; }
.row > button, .row > .button { flex: 0 0 auto; }
.filters { margin-bottom: 1rem; }
.filters label { font-size: 0.8125rem; color: var(--faint); }
.notice { margin: 0 0 1.25rem; padding: 0.75rem 1rem; border-radius: var(--round); border-left: 4px solid; }
.notice :last-child { margin-bottom: 0; }
.notice ul { padding-left: 1.25rem; }
.notice.good { color: var(--good); background: var(--good-back); }
.notice.bad { color: var(--bad); background: var(--bad-back); }
.notice.note { color: var(--warn); background: var(--warn-back); }
.notice a { color: inherit; }
.environment { display: inline-block; padding: 0 0.5rem; font-size: 0.8125rem; font-weight: 700; line-height: 1.5rem; color: var(--other-text); border: 2px dashed currentColor; border-radius: 1rem; white-space: nowrap; }
.environment.main { color: var(--main-text); background: var(--main-back); border: 2px solid var(--main-back); border-radius: 0.25rem; text-transform: uppercase; letter-spacing: 0.03em; }
.status { display: inline-block; white-space: nowrap; padding: 0 0.5rem; border-radius: 0.25rem; font-size: 0.8125rem; font-weight: 600; line-height: 1.5rem; color: var(--faint); background: var(--sunk); }
.status.active, .status.passed { color: var(--good); background: var(--good-back); }
.status.disabled, .status.blocked { color: var(--warn); background: var(--warn-back); }
.status.revoked, .status.refused { color: var(--bad); background: var(--bad-back); }
.soon { padding: 0 0.35rem; border-radius: 0.25rem; color: var(--warn); background: var(--warn-back); font-weight: 600; white-space: nowrap; }
.scope { display: inline-block; padding: 0 0.35rem; margin: 0 0.2rem 0.2rem 0; font: 0.75rem/1.5 var(--mono); background: var(--sunk); border-radius: 0.25rem; overflow-wrap: anywhere; }
.copyable { display: flex; gap: 0.5rem; align-items: start; margin: 0 0 1rem; }
.copyable pre { flex: 1; min-width: 0; margin: 0; }
pre { padding: 0.6rem 0.8rem; overflow-x: auto; background: var(--sunk); border-radius: var(--round); white-space: pre-wrap; overflow-wrap: anywhere; }
#secret { font-size: 0.9375rem; font-weight: 600; border: 2px solid var(--warn); }
details > summary { cursor: pointer; }
.aside { display: inline-block; margin-left: 0.5rem; font-size: 0.8125rem; color: var(--faint); }
.aside[open] { display: block; margin: 0.35rem 0 0; }
.aside[open] summary { margin-bottom: 0.5rem; }
.facts { display: grid; gap: 0.75rem 1.25rem; margin: 0; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); }
.facts dt { font-size: 0.8125rem; color: var(--faint); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 0; }
.figures { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); margin: 0 0 1.25rem; }
.figures > div { padding: 0.8rem 1rem; background: var(--sheet); border: 1px solid var(--line); border-radius: 0.75rem; }
.figures dt { font-size: 0.8125rem; color: var(--faint); }
.figures dd { margin: 0; font-size: 1.5rem; font-weight: 650; font-variant-numeric: tabular-nums; }
.figures small { font-size: 0.8125rem; font-weight: 400; color: var(--faint); }
meter { width: 100%; height: 0.75rem; }
`;

/** Where there is less room, the rows of tables with so many columns become cards. */
const asCards = (size: string, room: string) => `@container table (max-width: ${room}) {
  .${size} thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .${size} table, .${size} tbody, .${size} tr { display: block; }
  .${size} tr { padding: 0.6rem 0; border-bottom: 1px solid var(--line); }
  .${size} td { display: grid; grid-template-columns: minmax(0, 6.5rem) minmax(0, 1fr); gap: 0.5rem; padding: 0.2rem 0; border: 0; text-align: left; }
  .${size} td::before { content: attr(data-label); font-size: 0.8125rem; color: var(--faint); }
  .${size} td time, .${size} td a code { white-space: normal; overflow-wrap: anywhere; }
}
`;

const TABLES = `
table { width: 100%; border-collapse: collapse; }
th, td { padding: 0.55rem 0.75rem 0.55rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-size: 0.8125rem; font-weight: 600; color: var(--faint); white-space: nowrap; }
th a { color: inherit; }
th[aria-sort="ascending"] a::after { content: " ↑"; }
th[aria-sort="descending"] a::after { content: " ↓"; }
tbody tr:last-child > * { border-bottom: 0; }
td { overflow-wrap: anywhere; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
td a code, td time { overflow-wrap: normal; white-space: nowrap; }
td .scope { display: block; width: fit-content; }
td summary { list-style-position: outside; margin-left: 0.9rem; }
td details > .scope { margin-left: 0.9rem; }
td strong a { color: inherit; }
.quietly { display: block; font-size: 0.8125rem; color: var(--faint); }
.table { container: table / inline-size; }
.table + .field, .table + p { margin-top: 1rem; }
${asCards("few", "17rem")}${asCards("some", "34rem")}${asCards("many", "52rem")}.scroll { position: relative; overflow-x: auto; }
.grid th, .grid td { padding: 0.35rem 0.6rem 0.35rem 0; text-align: center; }
.grid th:first-child { text-align: left; color: var(--text); font-weight: 400; }
.grid thead th { vertical-align: bottom; }
.grid thead button { display: block; margin: 0.2rem auto 0; }
.grid + details, .scroll + details { margin-top: 0.75rem; }
.grid .withheld { color: var(--faint); background: var(--sunk); }
.sticky { position: sticky; top: 1rem; }
.more { margin-top: 1rem; }
.change del { color: var(--bad); background: var(--bad-back); text-decoration: line-through; }
.change ins { color: var(--good); background: var(--good-back); text-decoration: none; }
.chart { display: block; width: 100%; height: auto; }
.bars { height: 10rem; border-bottom: 1px solid var(--line); }
.ends { display: flex; justify-content: space-between; margin-top: 0.25rem; }
.chart .forwarded { fill: var(--accent); } .chart .limited { fill: var(--warn); } .chart .refused { fill: var(--bad); }
.chart .running { opacity: 0.6; }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; padding: 0; margin: 0.5rem 0 0; list-style: none; font-size: 0.8125rem; color: var(--faint); }
.legend .chart { display: inline-block; width: 0.75rem; height: 0.75rem; vertical-align: -0.05rem; margin-right: 0.35rem; }
form:has(input[name="reach"][value="organization"]:checked) .workspaces { display: none; }
.workspaces { margin-top: 1.25rem; }
`;

export const CONSOLE_STYLE = [TOKENS, FRAME, PARTS, TABLES, LISTS].join("").replaceAll(/\n\s*/g, "\n").trimStart();
