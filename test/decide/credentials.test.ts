import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasKeyInUrl, readCredential } from "../../src/decide/credentials.ts";
import { isRefusal, type Refusal } from "../../src/errors.ts";
import { problemResponse } from "../../src/problem.ts";
import { gateway } from "../gateway/plane.ts";
import { newSecret } from "../helpers/workerd.ts";

const SECRET = newSecret("kg_test");
const OTHER = newSecret("kg_live");
const IMPORTED = `acme_test_${"0123456789abcdef".repeat(2)}`;
const IMPORTED_LIVE = IMPORTED.replace("test", "live");
const random = SECRET.slice("kg_test_".length);
const oneChanged = SECRET.slice(0, 20) + (SECRET[20] === "a" ? "b" : "a") + SECRET.slice(21);

const accepted: [what: string, header: string, environment: string][] = [
  ["Bearer and a key", `Bearer ${SECRET}`, "sandbox"],
  ["bearer in lower case", `bearer ${SECRET}`, "sandbox"],
  ["BEARER in upper case", `BEARER ${SECRET}`, "sandbox"],
  ["white space around the whole header", `  Bearer ${SECRET} \t`, "sandbox"],
  ["a key of the other environment", `Bearer ${OTHER}`, "production"],
  ["a key of an imported format", `Bearer ${IMPORTED}`, "sandbox"],
  ["a key of an imported format of the other environment", `Bearer ${IMPORTED_LIVE}`, "production"],
];
const secretOf = (header: string) => header.trim().slice("Bearer ".length);

const refused: [what: string, headers: string[], code: string][] = [
  ["no header", [], "credentials_missing"],
  ["an empty header", [""], "credentials_missing"],
  ["a header of white space alone", ["  \t"], "credentials_missing"],
  ["Basic", [`Basic ${btoa(`user:${SECRET}`)}`], "credentials_malformed"],
  ["Basic with the key as it is", [`Basic ${SECRET}`], "credentials_malformed"],
  ["Digest", [`Digest username="${SECRET}"`], "credentials_malformed"],
  ["Token", [`Token ${SECRET}`], "credentials_malformed"],
  [
    "a signature of AWS",
    [`AWS4-HMAC-SHA256 Credential=${SECRET}/20270101/s3, SignedHeaders=host;range, Signature=fe5f80`],
    "credentials_malformed",
  ],
  ["a signature of AWS without spaces", ["AWS4-HMAC-SHA256 Credential=a,SignedHeaders=b"], "credentials_malformed"],
  [
    "Digest with all its parameters",
    [`Digest username="Mufasa", realm="a, Bearer ${SECRET}", nonce="7yp\\", Bearer x", qop=auth, nc=00000001`],
    "credentials_malformed",
  ],
  ["Digest whose last quote is missing", [`Digest username="a, Bearer ${SECRET}`], "credentials_malformed"],
  ["Negotiate", ["Negotiate YIIJvwYGKwYBBQUCoIIJszCCCa+gJDAiBgkqhkiC9xIBAgI="], "credentials_malformed"],
  ["two headers, neither of them of Bearer", ["Basic dXNlcjpwYXNz", "Negotiate"], "credentials_malformed"],
  ["a parameter called bearer", ["Signature keyId=a, bearer=b"], "credentials_malformed"],
  ["a scheme that begins with Bearer", [`Bearers ${SECRET}`], "credentials_malformed"],
  ["Bearer twice", [`Bearer Bearer ${SECRET}`], "credentials_malformed"],
  ["Bearer with a colon", [`Bearer: ${SECRET}`], "credentials_malformed"],
  ["Bearer=key", [`Bearer=${SECRET}`], "credentials_malformed"],
  ["a key without Bearer", [SECRET], "credentials_malformed"],
  ["Bearer without a key", ["Bearer"], "credentials_malformed"],
  ["Bearer and a space", ["Bearer "], "credentials_malformed"],
  ["Bearer and key without a space", [`Bearer${SECRET}`], "credentials_malformed"],
  ["two spaces", [`Bearer  ${SECRET}`], "credentials_malformed"],
  ["a tab instead of the space", [`Bearer\t${SECRET}`], "credentials_malformed"],
  ["a tab after the space", [`Bearer \t${SECRET}`], "credentials_malformed"],
  ["white space inside the key", [`Bearer ${SECRET.slice(0, 20)} ${SECRET.slice(20)}`], "credentials_malformed"],
  ["a word after the key", [`Bearer ${SECRET} again`], "credentials_malformed"],
  ["a no-break space after the key", [`Bearer ${SECRET}\u00a0`], "credentials_malformed"],
  ["a key in quotes", [`Bearer "${SECRET}"`], "credentials_malformed"],
  ["a key in angle brackets", [`Bearer <${SECRET}>`], "credentials_malformed"],
  ["a percent-encoded key", [`Bearer ${SECRET.replace("_", "%5F")}`], "credentials_malformed"],
  ["a comma after the key", [`Bearer ${SECRET},`], "credentials_repeated"],
  ["two keys in one header", [`Bearer ${SECRET}, Bearer ${OTHER}`], "credentials_repeated"],
  ["two headers", [`Bearer ${SECRET}`, `Bearer ${OTHER}`], "credentials_repeated"],
  ["the same header twice", [`Bearer ${SECRET}`, `Bearer ${SECRET}`], "credentials_repeated"],
  [
    "a header of Basic beside one of Bearer",
    [`Basic ${btoa("user:pass")}`, `Bearer ${SECRET}`],
    "credentials_repeated",
  ],
  ["a header of Bearer beside one with parameters", [`Bearer ${SECRET}`, 'Digest a="b", c=d'], "credentials_repeated"],
  ["a header with parameters beside one of Bearer", ['Digest a="b", c=d', `Bearer ${SECRET}`], "credentials_repeated"],
  ["two tokens after one Bearer", ["Bearer a,b"], "credentials_repeated"],
  ["a header of Bearer alone beside another", ["Negotiate", "bearer"], "credentials_repeated"],
  ["an empty header beside a good one", ["", `Bearer ${SECRET}`], "credentials_repeated"],
  ["a token of 70 KB", [`Bearer ${SECRET.padEnd(70 * 1024, "A")}`], "credentials_malformed"],
  ["one character too many", [`Bearer ${SECRET}0`], "credentials_malformed"],
  ["one character too few", [`Bearer ${SECRET.slice(0, -1)}`], "credentials_malformed"],
  ["letters beyond ASCII", [`Bearer kg_test_é${random.slice(1)}`], "credentials_malformed"],
  ["a full-width letter", [`Bearer kg_test_\uff21${random.slice(1)}`], "credentials_malformed"],
  ["a control character", [`Bearer ${SECRET}\u0001`], "credentials_malformed"],
  ["an escape sequence", [`Bearer \u001b[31m${SECRET}`], "credentials_malformed"],
  ["a zero-width space", [`Bearer ${SECRET}\u200b`], "credentials_malformed"],
  ["one character changed", [`Bearer ${oneChanged}`], "credentials_malformed"],
  ["another case", [`Bearer ${SECRET.toUpperCase()}`], "credentials_malformed"],
  ["a prefix of no environment, with a right checksum", [`Bearer ${newSecret("kg_none")}`], "credentials_malformed"],
  ["the prefix exchanged", [`Bearer kg_live_${random}`], "credentials_malformed"],
  ["a key of an imported format, cut short", [`Bearer ${IMPORTED.slice(0, -1)}`], "credentials_malformed"],
  ["a key of an imported format with more after it", [`Bearer ${IMPORTED}0`], "credentials_malformed"],
  ["a key of an imported format in another case", [`Bearer ${IMPORTED.toUpperCase()}`], "credentials_malformed"],
  [
    "a key of an imported format with a letter that it does not have",
    [`Bearer ${IMPORTED.slice(0, -1)}g`],
    "credentials_malformed",
  ],
  ["a JWT", ["Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"], "credentials_malformed"],
  ["the placeholder of the docs", ["Bearer <your API key>"], "credentials_malformed"],
];

function headersOf(values: readonly string[]): Headers {
  const headers = new Headers();
  for (const value of values) headers.append("Authorization", value);
  return headers;
}

/** Whether any 8 characters in a row of the random parts of the keys appear in the text. */
function tellsOfSecret(text: string): boolean {
  return [SECRET, OTHER, oneChanged, IMPORTED]
    .map((secret) => secret.slice(8))
    .some((part) =>
      Array.from(part, (_, at) => part.slice(at, at + 8)).some((run) => run.length === 8 && text.includes(run)),
    );
}

async function wordsOf(refusal: Refusal): Promise<string> {
  const response = problemResponse(refusal, "req_1", "https://keys.test", "sandbox");
  return JSON.stringify([...response.headers]) + (await response.text());
}

describe("what may be a key in the Authorization header", () => {
  test.each(accepted)("%s is taken for a key, of the environment that its form names", (_, header, environment) => {
    expect(readCredential(headersOf([header]), gateway)).toEqual({ secret: secretOf(header), environment });
  });

  test.each(refused)("%s is refused, and nothing of the secret is repeated", async (_, values, code) => {
    const refusal = readCredential(headersOf(values), gateway) ?? { code: "credentials_missing" };
    if (!isRefusal(refusal)) throw new Error("taken for a key");
    expect(refusal.code).toBe(code);
    expect(tellsOfSecret(await wordsOf(refusal))).toBe(false);
  });

  test("each malformed header is told apart by what is wrong with it", () => {
    const problemOf = (header: string) => readCredential(headersOf([header]), gateway);
    expect(problemOf(`Bearer  ${SECRET}`)).toMatchObject({ problem: expect.stringContaining("more than one space") });
    expect(problemOf(`Bearer\t${SECRET}`)).toMatchObject({ problem: expect.stringContaining("tab") });
    expect(problemOf(SECRET)).toMatchObject({ problem: expect.stringContaining("scheme Bearer") });
    expect(problemOf(`Bearer ${oneChanged}`)).toMatchObject({ problem: expect.stringContaining("checksum") });
    expect(problemOf(`Bearer ${newSecret("kg_none")}`)).toMatchObject({ problem: expect.stringContaining("prefix") });
  });
});

const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/);
const quoted = fc
  .array(fc.oneof(fc.stringMatching(/^[\t !#-[\]-~]$/), fc.stringMatching(/^\\[\t !-~]$/), fc.constant(", Bearer x")))
  .map((parts) => `"${parts.join("")}"`);
const parameter = fc.tuple(token, fc.constantFrom("=", " = "), fc.oneof(token, quoted)).map((parts) => parts.join(""));
/** https://www.rfc-editor.org/rfc/rfc9110#section-11.4 */
const ofOtherScheme = fc
  .tuple(
    token.filter((scheme) => scheme.toLowerCase() !== "bearer"),
    fc.oneof(
      fc.constant(""),
      fc.stringMatching(/^ {1,2}[0-9A-Za-z._~+/-]{1,20}={0,2}$/),
      fc
        .tuple(fc.array(parameter, { minLength: 1, maxLength: 5 }), fc.constantFrom(",", ", ", " , "))
        .map(([parameters, separator]) => ` ${parameters.join(separator)}`),
    ),
  )
  .map((parts) => parts.join(""));
const ofBearer = fc
  .tuple(fc.constantFrom("Bearer", "bearer", "BEARER"), fc.constantFrom(SECRET, OTHER, "x", "a.b-c~d+e/f="))
  .map((parts) => parts.join(" "));

describe("for all credentials of RFC 9110's grammar,", () => {
  const codeOf = (lines: readonly string[]) => {
    const read = readCredential(headersOf(lines), gateway);
    return isRefusal(read) ? read.code : "taken";
  };

  test("those of other schemes are told that they are not of Bearer, in any number of lines", () => {
    fc.assert(
      fc.property(fc.array(ofOtherScheme, { minLength: 1, maxLength: 4 }), (lines) => {
        expect(readCredential(headersOf(lines), gateway)).toMatchObject({
          code: "credentials_malformed",
          problem: expect.stringContaining("scheme Bearer"),
        });
      }),
    );
  });

  test("one of Bearer among others is one too many, wherever it stands", () => {
    const others = fc.array(fc.oneof(ofOtherScheme, ofBearer), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(others, ofBearer, fc.nat(3), (lines, bearer, at) => {
        expect(codeOf(lines.toSpliced(at, 0, bearer))).toBe("credentials_repeated");
      }),
    );
  });

  test("one of Bearer alone is never one too many", () => {
    fc.assert(
      fc.property(ofBearer, (line) => {
        expect(codeOf([line])).toBe(line.includes(SECRET) || line.includes(OTHER) ? "taken" : "credentials_malformed");
      }),
    );
  });
});

const encoded = [...SECRET].map((char) => `%${char.charCodeAt(0).toString(16)}`).join("");
const leaked: [what: string, query: string][] = [
  ["a query value", `?api_key=${SECRET}`],
  ["a percent-encoded query value", `?api_key=${encoded}`],
  ["a query value with its underscores encoded", `?k=${SECRET.replaceAll("_", "%5F")}`],
  ["a later query value", `?a=1&b=2&c=${SECRET}`],
  ["a repeated parameter", `?a=1&a=${SECRET}`],
  ["a query value after Bearer", `?authorization=Bearer%20${SECRET}`],
  ["a query value after Bearer and a plus", `?access_token=Bearer+${SECRET}`],
  ["a query value after bearer in lower case", `?access_token=bearer%20%20${SECRET}`],
  ["a query value with white space around it", `?key=%20${SECRET}%0A`],
  ["a key of the other environment", `?key=${OTHER}`],
  ["a query value that is encoded twice", `?key=Bearer%2520${SECRET.replaceAll("_", "%255F")}`],
  ["a query value that is encoded thrice", `?key=${SECRET.replaceAll("_", "%25255F")}`],
  ["a query value that is encoded as JavaScript's escape does", `?key=${SECRET.replaceAll("_", "%u005F")}`],
  ["a query value that is quoted", `?key=%22${SECRET}%22`],
  ["a query value that goes on", `?key=${SECRET}0`],
  ["a value of a list, and of JSON", `?keys=a,${SECRET}&filter={"key":"${SECRET}"}`],
  ["a URL in the query", `?next=https%3A%2F%2Fh.test%2F%3Fkey%3D${SECRET}`],
  ["the name of a parameter", `?${SECRET}`],
  ["a parameter behind a semicolon", `?a=1;key=${SECRET}`],
  ["a segment of the path", `/${SECRET}`],
  ["an encoded segment of the path", `/${encoded}/b`],
  ["a parameter of a segment", `;key=${SECRET}`],
  ["the fragment", `#${SECRET}`],
];

const harmless: [what: string, query: string][] = [
  ["no query", ""],
  ["another value", "?key=value&empty=&flag"],
  ["a value that only looks like a key", `?key=${oneChanged}`],
  ["the hint of a key", "?hint=kg_test_…Nty2"],
  ["a key of some other product", `?key=${newSecret("xy_live")}`],
  ["a key of an imported format, which may be something else", `?key=${IMPORTED}`],
  ["a key in other letters", `?key=${SECRET.toUpperCase()}`],
  ["the id of a key", "?key=key_0123456789abcdef0123456789abcdef"],
];

describe("a key in the URL", () => {
  test("as a user's name or password is seen", () => {
    for (const user of [SECRET, `api:${SECRET}`, `${encoded}:x`]) {
      expect(hasKeyInUrl(new URL(`https://${user}@sandbox.test/v1/files/a`), gateway)).toBe(true);
    }
  });

  test.each(leaked)("%s is seen", (_, query) => {
    expect(hasKeyInUrl(new URL(`https://sandbox.test/v1/files/a${query}`), gateway)).toBe(true);
  });

  test.each(harmless)("%s is let through", (_, query) => {
    expect(hasKeyInUrl(new URL(`https://sandbox.test/v1/files/a${query}`), gateway)).toBe(false);
  });
});
