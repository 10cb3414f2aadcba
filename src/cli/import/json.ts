/** If a JSON object has a name twice, `JSON.parse` silently keeps the last value. */

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g;

/** The first name that an object in this valid JSON text has twice. */
export function repeatedName(text: string): string | undefined {
  const open: Set<string>[] = [];
  let last = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") open.push(new Set());
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const names = open.at(-1);
      const name: string = JSON.parse(last);
      if (names?.has(name)) return name;
      names?.add(name);
    }
    last = token;
  }
  return undefined;
}
