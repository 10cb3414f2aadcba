/** The gateway's entry for the soak of usage: what it causes is counted, its objects too, and its reports are named. */

import { inProject } from "../src/cli/operate/project.ts";

export function countedEntry(entry: string): string {
  return `import gateway, { Courier as C, KeyAuthority as K } from ${JSON.stringify(entry)};
import { counting, countingObject, takeCounts } from ${worker("counting.ts")};
import { telling } from ${worker("telling.ts")};

export default {
  fetch(request, env, context) {
    const { port, pathname } = new URL(request.url);
    if (pathname === "/counts") return Response.json(takeCounts());
    return gateway.fetch(request, telling(counting(env), Number(port)), context);
  },
};
export const KeyAuthority = countingObject(K);
export const Courier = countingObject(C);
`;
}

const worker = (name: string) => JSON.stringify(inProject("bench", "workers", name));
