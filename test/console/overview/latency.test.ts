import { afterAll, describe, expect, test, vi } from "vitest";
import { newLatency, noteLatency, shortened } from "../../../src/domain/latency.ts";
import type { Entry } from "../../../src/domain/log-line.ts";
import { reportTo } from "../../authority/collect.ts";
import { AT_START, controlOf } from "../../helpers/control.ts";
import { migrate, newId } from "../../helpers/workerd.ts";
import { makeMember, setUp } from "../../management/call.ts";
import { Browser } from "../browser.ts";

vi.useFakeTimers({ toFake: ["Date"], now: AT_START });
afterAll(() => vi.useRealTimers());
await migrate();
const control = controlOf();

/** Of a hundred requests, most of which are fast. */
async function report(organizationId: string, slowest: { gateway: number; origin: number }): Promise<void> {
  const latency = newLatency();
  for (let n = 0; n < 100; n++) {
    const [gateway_ms, origin_ms] = n < 90 ? [1, 60] : [slowest.gateway, slowest.origin];
    noteLatency(latency, { gateway_ms, origin_ms } as Entry);
  }
  const latencies = [{ organizationId, environment: "sandbox", latency: shortened(latency) }];
  await reportTo(0, { sender: newId("iso"), number: 1, latencies });
}

async function textOf(browser: Browser, days: number): Promise<string> {
  const { html } = await browser.open(`/?days=${days}`);
  return html.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
}

describe("the overview", () => {
  test("shows what half and 95 % of the requests took at most, of the gateway and the origin, by environment, for each time that is kept", async () => {
    const { organization, member } = await setUp();
    const browser = await Browser.signedIn(control, member.id);
    expect(await textOf(browser, 7)).toContain("Latency No requests in this time.");
    vi.setSystemTime(AT_START - 3 * 86_400_000);
    await report(organization.id, { gateway: 11, origin: 300 });
    vi.setSystemTime(AT_START);
    await report(organization.id, { gateway: 30, origin: 1_400 });
    const figures = (gateway: string, origin: string) =>
      `Latency Time in Half within 95 % within sandbox gateway ${gateway} sandbox origin ${origin} Origin: until`;
    expect(await textOf(browser, 1)).toContain(figures("1 ms 32 ms", "64 ms 1,448 ms"));
    // Of twice as many, those of today are the slowest 5 %.
    for (const days of [7, 30]) {
      expect(await textOf(browser, days)).toContain(figures("1 ms 11 ms", "64 ms 362 ms"));
    }
    expect(await textOf(browser, 90)).toContain("Latency of the last 31 days");
    expect(await textOf(browser, 7)).not.toMatch(/p50|p95/);
  });

  test("shows no latency to those who do not manage all keys, which it is of", async () => {
    const { organization, workspace } = await setUp();
    await report(organization.id, { gateway: 11, origin: 300 });
    const admin = await makeMember(organization.id, { role: "admin", workspace_ids: [workspace.id] });
    const text = await textOf(await Browser.signedIn(control, admin.id), 7);
    expect(text).toContain("Answers of the origin");
    expect(text).not.toContain("Latency");
  });
});
