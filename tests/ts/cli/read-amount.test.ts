/** Amounts as people write them, and what is refused. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readAmount } from "../../../ts/cli/ui/read-amount.js";

describe("an amount", () => {
  test.each([
    ["5e6", "count", 5e6],
    ["5M", "count", 5e6],
    ["1.2G", "count", 1.2e9],
    ["7b", "count", 7e9],
    ["300 k", "count", 3e5],
    [".5k", "count", 500],
    ["20MB", "bytes", 20e6],
    ["20m", "bytes", 20e6],
    ["512KiB", "bytes", 524_288],
    ["1.5GiB", "bytes", 1.5 * 2 ** 30],
    ["4096", "bytes", 4096],
    ["100B", "bytes", 100],
    ["5ms", "milliseconds", 5],
    ["5", "milliseconds", 5],
    ["0.2s", "milliseconds", 200],
    ["800us", "milliseconds", 0.8],
  ] as const)("%s as %s", (text, kind, value) => {
    expect(readAmount("flag", text, kind)).toBeCloseTo(value, 9);
  });

  test.each([
    ["5ms", "count"],
    ["5MB", "count"],
    ["5x", "bytes"],
    ["5h", "milliseconds"],
    ["-1", "count"],
    ["0", "milliseconds"],
    ["", "bytes"],
    ["1.2.3", "count"],
    ["constructor", "count"],
    ["1constructor", "bytes"],
  ] as const)("%s is none of %s, and the message says what would be", (text, kind) => {
    expect(() => readAmount("max-it", text, kind)).toThrow(/--max-it got ".*"; allowed: a positive/);
  });

  test("any plain number is read as it is", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e15, noNaN: true }), (value) => {
        for (const kind of ["count", "bytes", "milliseconds"] as const)
          expect(readAmount("flag", String(value), kind)).toBe(value);
      }),
    );
  });

  test("a flag that was not given is no amount", () => expect(readAmount("flag", undefined)).toBeUndefined());
});
