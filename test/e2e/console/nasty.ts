/** Texts that break pages, spreadsheets and terminals, or try to. */

const TAGS = ["script", "img", "svg", "iframe", "object", "embed", "style", "link", "base", "meta", "form", "math"];
const HANDLERS = ["onerror", "onload", "onclick", "onfocus", "onmouseover", "ontoggle", "onbegin", "onanimationstart"];

export const NASTY: readonly string[] = [
  ...TAGS.map((tag) => `<${tag}>window.broken=1</${tag}>`),
  ...TAGS.map((tag) => `</title></textarea></${tag}><${tag} src=x onerror=window.broken=1>`),
  ...HANDLERS.map((handler) => `<img src=x ${handler}=window.broken=1>`),
  ...HANDLERS.map((handler) => `" autofocus ${handler}="window.broken=1`),
  ...HANDLERS.map((handler) => `' autofocus ${handler}='window.broken=1`),
  ...["javascript:window.broken=1", "JaVaScRiPt:window.broken=1", "data:text/html,<script>window.broken=1</script>"],
  ...["{{constructor.constructor('window.broken=1')()}}", `\${window.broken=1}`, "#{window.broken=1}", "<%= 1 %>"],
  ...[
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<!doctype html>",
    "<plaintext>",
    "<noscript><p title='</noscript><img src=x>'>",
  ],
  ...["&lt;script&gt;", "&#60;script&#62;", "&amp;lt;b&amp;gt;", "%3Cscript%3E", "＜script＞", "\\u003cscript\\u003e"],
  ...["=1+1", "+1+1", "-1+1", "@SUM(1)", '=HYPERLINK("http://evil.test")', "=cmd|' /C calc'!A0", "＝1+1"],
  ...["' OR 1=1 --", '"; DROP TABLE api_keys; --', "1%", "_", "\\", "''", '""', "`", "$(id)", "`id`", "; id", "| id"],
  ...["\u202Egnp.exe", "\u200B\u200B", "\uFEFF", "é", "e\u0301", "👩‍👩‍👧‍👦", "𝕶𝖊𝖞", "ı", "ß", "ﷺ", "مفتاح", "鍵"],
  ...["null", "undefined", "NaN", "true", "0", "__proto__", "constructor", "toString", "../../etc/passwd", "con"],
  ...["a".repeat(200), "W ".repeat(99), "kg_live_…", "<b>bold</b>", "</a><a href=javascript:window.broken=1>x</a>"],
]
  .map((text) => text.trim())
  .filter((text) => text !== "");
