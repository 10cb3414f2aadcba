import { expect, test } from "vitest";
import { REPLACED } from "../helpers/constants.ts";
import { sources } from "./sources.ts";

test.each(REPLACED)("%s, which a test or a bench replaces, is declared once in src", (name) => {
  const declared = sources().flatMap(({ path, text }) =>
    [...text.matchAll(new RegExp(`^(?:export )?const ${name}\\b`, "gm"))].map(() => path),
  );
  expect(declared).toHaveLength(1);
});
