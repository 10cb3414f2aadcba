import { describe, expect, test } from "vitest";
import { receivedProtocol, restoreAcceptEncoding } from "../../src/gateway/edge.ts";

const told = (cf: Record<string, unknown> | undefined) => ({ cf }) as Pick<Request, "cf">;

describe("What the client accepts", () => {
  const accepted = (cf: Record<string, unknown> | undefined) => {
    const headers = new Headers({ "Accept-Encoding": "br, gzip" });
    restoreAcceptEncoding(headers, told(cf));
    return headers.get("accept-encoding");
  };

  test.each([
    ["gzip, deflate", "gzip, deflate"],
    ["gzip;q=0.5, zstd", "gzip;q=0.5, zstd"],
    ["identity", "identity"],
    ["*;q=0", "*;q=0"],
    ["", null],
  ])("is what it said before the edge replaced it: %j", (clientAcceptEncoding, expected) => {
    expect(accepted({ clientAcceptEncoding })).toBe(expected);
  });

  test.each([undefined, {}, { clientAcceptEncoding: undefined }, { clientAcceptEncoding: 1 }])(
    "is what the header says where nothing is told: %j",
    (cf) => {
      expect(accepted(cf)).toBe("br, gzip");
    },
  );
});

describe("The protocol in Via", () => {
  test.each([
    ["HTTP/1.0", "1.0"],
    ["HTTP/1.1", "1.1"],
    ["HTTP/2", "2"],
    ["HTTP/3", "3"],
  ])("is the client's: %s", (httpProtocol, expected) => {
    expect(receivedProtocol(told({ httpProtocol }))).toBe(expected);
  });

  test.each([undefined, {}, { httpProtocol: "" }, { httpProtocol: "SPDY" }, { httpProtocol: "HTTP/1.1, x" }])(
    "is 1.1 where none is told: %j",
    (cf) => {
      expect(receivedProtocol(told(cf))).toBe("1.1");
    },
  );
});
