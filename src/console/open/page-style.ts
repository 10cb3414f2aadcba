export const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#dfe3e8, #333a44); --quiet: light-dark(#5b6570, #9aa5b1); }
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.6 system-ui, sans-serif; background: light-dark(#fff, #14171b); color: light-dark(#1b2128, #e6eaee); }
header { padding: 1rem 1.5rem; border-bottom: 1px solid var(--line); }
header a { color: inherit; font-weight: 600; text-decoration: none; }
main { max-width: 46rem; margin: 0 auto; padding: 2rem 1.5rem 4rem; }
h1 { margin: 0 0 0.5rem; font-size: 1.75rem; line-height: 1.25; }
h2 { margin: 2rem 0 0.25rem; font-size: 1rem; color: var(--quiet); }
p { margin: 0 0 1rem; }
a { color: light-dark(#0b57d0, #8ab4f8); }
code { font: 0.9em ui-monospace, monospace; }
.status { margin: 0; font-size: 0.95rem; font-weight: 600; color: var(--quiet); }
button { padding: 0.5rem 1.25rem; font: inherit; font-weight: 600; color: #fff; background: #0b57d0; border: 0; border-radius: 0.375rem; cursor: pointer; }
table { width: 100%; border-collapse: collapse; margin-top: 1.5rem; }
th, td { padding: 0.5rem 0.75rem 0.5rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: anywhere; }
tr > :first-child { white-space: nowrap; }
th { font-size: 0.85rem; color: var(--quiet); }
`;
