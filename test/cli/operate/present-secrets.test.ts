import { expect, test } from "vitest";
import { namesIn } from "../../../src/cli/operate/present-secrets.ts";
import { Failure } from "../../../src/cli/terminal/failure.ts";

test("the names of secrets are read after the lines that wrangler prints before them", () => {
  expect(namesIn('A warning [of wrangler].\n[\n  { "name": "ONE", "type": "secret_text" }\n]\n')).toEqual(["ONE"]);
  expect(namesIn("[]")).toEqual([]);
});

test.each(["", "No secrets.\n", "[WARNING] one\n", '{"name": "ONE"}\n', "[null]\n"])(
  "what is no list of secrets fails with what wrangler said: %j",
  (said) => {
    expect(() => namesIn(said)).toThrow(Failure);
    expect(() => namesIn(said)).toThrow(said.trim());
  },
);
