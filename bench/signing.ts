/** `npm run bench:signing`: what an assertion costs, and what it would cost in other ways. In workerd, one operation after the other. */

import { Presets, SingleBar } from "cli-progress";
import Table from "cli-table3";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { freePort } from "../test/helpers/gateway.ts";
import { spreadOf } from "./report.ts";

const ROUNDS = 9;
const TIMES = 2_000;

/** Of the size that claims have. */
const CLAIMS = "c".repeat(560);

const WAYS: Readonly<Record<string, string>> = {
  "ES256, for each request": `
    const { privateKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
    work = () => crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, claims);`,
  "Ed25519, for each request": `
    const { privateKey } = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    work = () => crypto.subtle.sign("Ed25519", privateKey, claims);`,
  "HMAC-SHA-256, for each request": `
    const key = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    work = () => crypto.subtle.sign("HMAC", key, claims);`,
  "ES256, for each lease of 100 requests": `
    const { privateKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
    let n = 0;
    work = async () => (n++ % 100 ? undefined : crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, claims));`,
  nothing: "work = async () => undefined;",
};

const ports = Object.fromEntries(await Promise.all(Object.keys(WAYS).map(async (name) => [name, await freePort()])));
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    workers: Object.entries(WAYS).map(([name, prepare], n) => ({
      name: `way-${n}`,
      modules: true,
      compatibilityDate: "2026-10-01",
      unsafeDirectSockets: [{ host: "127.0.0.1", port: ports[name] as number }],
      script: `
        const claims = new TextEncoder().encode(${JSON.stringify(CLAIMS)});
        let work;
        export default {
          async fetch(request) {
            if (!work) { ${prepare} }
            const times = Number(new URL(request.url).searchParams.get("times"));
            for (let n = 0; n < times; n++) await work();
            return new Response();
          },
        };`,
    })),
  }),
);
await miniflare.ready;

/** Of one request, in ms: the clock of a Worker stands still while it works. */
async function timeOf(name: string, times: number): Promise<number> {
  const begunAt = performance.now();
  await (await fetch(`http://127.0.0.1:${ports[name]}/?times=${times}`)).text();
  return performance.now() - begunAt;
}

const bar = new SingleBar({ format: "Signing {bar} {value} of {total}" }, Presets.shades_classic);
bar.start(ROUNDS, 0);
const micros: Record<string, number[]> = Object.fromEntries(Object.keys(WAYS).map((name) => [name, []]));
for (const name of Object.keys(WAYS)) await timeOf(name, TIMES);
for (let round = 0; round < ROUNDS; round++) {
  for (const name of Object.keys(WAYS)) {
    const [whole, none] = [await timeOf(name, TIMES), await timeOf(name, 0)];
    micros[name]?.push(((whole - none) / TIMES) * 1_000);
  }
  bar.update(round + 1);
}
bar.stop();
await miniflare.dispose();

const table = new Table({ head: ["one of 560 bytes", "µs", "least–most"], style: { head: [], border: [] } });
for (const [name, times] of Object.entries(micros)) {
  const { median, least, most } = spreadOf(times);
  table.push([name, median.toFixed(1), `${least.toFixed(1)}–${most.toFixed(1)}`]);
}
process.stdout.write(`${table}\n`);
