/** Snippets, one at a time, also without script. */

import { Copyable } from "../frame/parts.tsx";
import type { Snippet } from "./snippets.ts";

export function Snippets({ snippets }: { snippets: readonly Snippet[] }) {
  return (
    <fieldset class="snippets">
      <legend class="unseen">Language</legend>
      {snippets.map(({ language }, at) => (
        <label>
          <input type="radio" name="language" value={language} checked={at === 0} />
          {language}
        </label>
      ))}
      {snippets.map(({ language, text }) => (
        <Copyable id={`snippet-${language}`} label={`the ${language} snippet`} text={text} />
      ))}
    </fieldset>
  );
}
