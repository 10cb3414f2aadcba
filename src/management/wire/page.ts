/** Pages of lists. */

import * as z from "zod";
import { givenId } from "../../records/forms.ts";
import type { Page } from "../../store/pages.ts";
import { writeCursor } from "../paging.ts";

export const page = { limit: z.coerce.number().int().min(1).max(100).default(50), cursor: z.string().optional() };

export const pageQuery = z.strictObject(page);

export const organizationPageQuery = z.strictObject({ ...page, organization_id: givenId });

export function pageAnswer(item: z.ZodType) {
  return z.strictObject({ data: z.array(item), next_cursor: z.string().nullable() });
}

export function renderPage<T>(page: Page<T>, render: (item: T) => unknown) {
  return { data: page.items.map(render), next_cursor: page.next ? writeCursor(page.next) : null };
}
