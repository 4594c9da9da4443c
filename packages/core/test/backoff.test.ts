import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backoff, retryAfter, sleep } from "../src/backoff.ts";

const retry = { maxRetries: 7, backoffFactor: 2, jitter: 1, respectRetryAfter: true };

describe("backoff", () => {
  test("the ceiling doubles up to two minutes", () => {
    const ceilings = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => backoff(n, { ...retry, jitter: 0 }, () => 1) / 1000);
    expect(ceilings).toEqual([2, 4, 8, 16, 32, 64, 120, 120]);
  });

  test("a wait is never negative and never beyond 121 s", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, draw) => {
        const wait = backoff(n, retry, () => draw);
        return wait >= 0 && wait <= 121_000;
      }),
    );
  });
});

describe("retryAfter", () => {
  const now = Date.parse("2026-11-21T00:00:00Z");

  test.each([
    ["7", 7_000],
    ["0", 0],
    ["1000000000", 120_000],
    ["-1", undefined],
    ["soon", undefined],
    ["Sat, 21 Nov 2026 00:00:09 GMT", 9_000],
    ["Fri, 20 Nov 2026 00:00:09 GMT", 0],
  ])("R04 %s", (value, expected) => {
    expect(retryAfter({ "retry-after": value }, now)).toBe(expected);
  });

  test("R04 a date is counted from the server's own clock", () => {
    const headers = { "retry-after": "Sat, 21 Nov 2026 01:00:05 GMT", date: "Sat, 21 Nov 2026 01:00:00 GMT" };
    expect(retryAfter(headers, now)).toBe(5_000);
  });
});

test("R15 a sleep ends with the signal, and leaves no listener", async () => {
  const controller = new AbortController();
  const sleeping = sleep(60_000, controller.signal);
  controller.abort(new Error("enough"));
  await expect(sleeping).rejects.toThrow("enough");
});
