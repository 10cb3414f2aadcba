import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { copyOfProject, keygate } from "../helpers.ts";

const FEW = ["cost", "--requests", "10", "--keys", "2", "--isolates", "1"];

test("keygate cost charges for metrics only where they are read, and for data points only where they are written", async () => {
  const project = copyOfProject();
  const costOf = async (...args: string[]) => {
    const { code, stdout, stderr } = await keygate([...FEW, ...args, "--json"], { project });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return JSON.parse(stdout);
  };
  const plain = await costOf();
  const scraped = await costOf("--scrape", "10");
  const requests = plain.perSecond.request;
  expect(plain.perSecond.dataPoint).toBe(0);
  expect(scraped.perSecond.request - requests).toBeCloseTo(0.1);
  expect(scraped.perSecond.objectRequest - plain.perSecond.objectRequest).toBeCloseTo(0.1);

  const config = readFileSync(join(project, "gateway.config.ts"), "utf8");
  writeFileSync(
    join(project, "gateway.config.ts"),
    config.replace("  control: {", "  logging: { analyticsEngine: true },\n  control: {"),
  );
  const wrangler = join(project, "wrangler.toml");
  const dataset = '\n[[analytics_engine_datasets]]\nbinding = "ANALYTICS"\ndataset = "keygate"\n';
  writeFileSync(wrangler, readFileSync(wrangler, "utf8") + dataset);
  const written = await costOf();
  expect(written.perSecond.dataPoint).toBe(requests);
  // https://developers.cloudflare.com/analytics/analytics-engine/pricing/
  expect(written.dollarsPerMillion.dataPoint).toBeCloseTo(0.25);

  const words = await keygate(FEW, { project });
  expect(words.stdout).toContain("Analytics Engine data points");
});
