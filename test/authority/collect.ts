/** The real collectors. */

import { env } from "cloudflare:workers";
import type { Courier } from "../../src/authority/courier.ts";
import { collectorName } from "../../src/authority/name.ts";
import type { Report, ReportAnswer } from "../../src/domain/report.ts";

export function collectorAt(number: number): DurableObjectStub<Courier> {
  return env.COURIER.get(env.COURIER.idFromName(collectorName(number)));
}

export const reportTo = (number: number, report: Report) => collectorAt(number).report(report) as Promise<ReportAnswer>;
