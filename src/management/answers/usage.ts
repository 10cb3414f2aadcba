/** Answers about usage and traffic. */

import * as z from "zod";
import { ANSWERS } from "../../domain/answers.ts";
import { time } from "../../records/forms.ts";

const bytes = z.int();

/** How many answers of each class, and how much went through. */
export const answeredFields = {
  answers: z.strictObject(Object.fromEntries(ANSWERS.map((name) => [name, z.int()]))),
  request_bytes: bytes,
  response_bytes: bytes,
};

export const usageAnswer = z.strictObject({
  data: z.array(
    z
      .strictObject({
        hour: time.optional(),
        day: time.optional(),
        environment: z.string().optional(),
        organization_id: z.string().optional(),
        organization_name: z.string().nullable().optional(),
        key_id: z.string().optional(),
        key_name: z.string().nullable().optional(),
        route: z.string().optional(),
        outcome: z.string().optional(),
        requests: z.int(),
        refused: z.int(),
        failed: z.int(),
        ...answeredFields,
      })
      .meta({ id: "Usage" }),
  ),
});

const times = z.strictObject({ p50: z.int(), p95: z.int(), p99: z.int() }).nullable();

export const trafficAnswer = z.strictObject({
  data: z.array(
    z
      .strictObject({
        hour: time.optional(),
        day: time.optional(),
        environment: z.string().optional(),
        route: z.string().optional(),
        requests: z.int(),
        refused: z.int(),
        outcomes: z.record(z.string(), z.int()),
        ...answeredFields,
        gateway_ms: times,
        origin_ms: times,
      })
      .meta({ id: "Traffic" }),
  ),
});

export const latencyAnswer = z.strictObject({
  data: z.array(
    z
      .strictObject({
        hour: time.optional(),
        day: time.optional(),
        environment: z.string().optional(),
        requests: z.int(),
        gateway_ms: times,
        origin_ms: times,
      })
      .meta({ id: "Latency" }),
  ),
});
