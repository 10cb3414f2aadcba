import fc from "fast-check";
import { expect, test } from "vitest";
import { deviceOf } from "../../src/domain/device.ts";

const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";
const MOBILE_WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";
const WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)";
const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)";
const ANDROID = "Mozilla/5.0 (Linux; Android 10; K)";

test.each([
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0", "Firefox on Windows"],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0", "Firefox on Linux"],
  ["Mozilla/5.0 (Android 15; Mobile; rv:142.0) Gecko/142.0 Firefox/142.0", "Firefox on Android"],
  [`${IPHONE} ${MOBILE_WEBKIT} FxiOS/142.0 Mobile/15E148 Safari/605.1.15`, "Firefox on iPhone"],
  [`${WINDOWS} ${WEBKIT} Chrome/140.0.0.0 Safari/537.36`, "Chrome on Windows"],
  [`${WINDOWS} ${WEBKIT} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`, "Edge on Windows"],
  [`${ANDROID} ${WEBKIT} Chrome/140.0.0.0 Mobile Safari/537.36 EdgA/140.0.0.0`, "Edge on Android"],
  [`${MAC} ${WEBKIT} Chrome/140.0.0.0 Safari/537.36 OPR/120.0.0.0`, "Opera on macOS"],
  [`${MAC} ${WEBKIT} Chrome/140.0.0.0 Safari/537.36 Vivaldi/7.5`, "Vivaldi on macOS"],
  [`${MAC} ${MOBILE_WEBKIT} Version/18.1 Safari/605.1.15`, "Safari on macOS"],
  [`${IPHONE} ${MOBILE_WEBKIT} Version/18.1 Mobile/15E148 Safari/604.1`, "Safari on iPhone"],
  [`${IPHONE.replaceAll("iPhone", "iPad")} ${MOBILE_WEBKIT} CriOS/140.0 Mobile/15E148 Safari/604.1`, "Chrome on iPad"],
  [`${ANDROID} ${WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`, "Samsung Internet on Android"],
  [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/140.0.0.0 Safari/537.36`, "Chrome on ChromeOS"],
  [`Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} HeadlessChrome/140.0.0.0 Safari/537.36`, "Chrome on Linux"],
  ["Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko", "A browser on Windows"],
  ["Firefox/1", "Firefox"],
  ["curl/8.9.1", null],
  ["", null],
])("%s is %s", (userAgent, device) => {
  expect(deviceOf(userAgent)).toBe(device);
});

test("nothing that a client sends gets into the words", () => {
  const words = /^(A browser|Edge|Opera|Vivaldi|Samsung Internet|Firefox|Chrome|Safari)?( on )?\w*$/;
  fc.assert(
    fc.property(fc.string(), fc.constantFrom("Firefox/", "Windows", "<b>", ""), (text, mark) => {
      expect(deviceOf(`${text} ${mark} ${text}`) ?? "").toMatch(words);
    }),
  );
});
