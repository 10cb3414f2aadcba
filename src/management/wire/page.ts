/** Pages of lists. */

import * as z from "zod";
import { givenId } from "../../records/forms.ts";
import type { Page } from "../../store/pages.ts";
import { writeCursor } from "../paging.ts";

/** In a query: digits and nothing else, with no leading zero. */
export const wholeNumber = (minimum: number, maximum: number) =>
  z
    .string()
    .refine(
      (text) => /^[1-9]\d{0,8}$/.test(text) && Number(text) >= minimum && Number(text) <= maximum,
      `must be a whole number from ${minimum} to ${maximum}`,
    )
    .transform(Number)
    .meta({ type: "integer", minimum, maximum });

export const page = { limit: wholeNumber(1, 100).default(50), cursor: z.string().optional() };

export const pageQuery = z.strictObject(page);

export const organizationPageQuery = z.strictObject({ ...page, organization_id: givenId });

export function pageAnswer(item: z.ZodType) {
  return z.strictObject({ data: z.array(item), next_cursor: z.string().nullable() });
}

export function renderPage<T>(page: Page<T>, render: (item: T) => unknown) {
  return { data: page.items.map(render), next_cursor: page.next ? writeCursor(page.next) : null };
}
