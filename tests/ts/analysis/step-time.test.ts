import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeRandom } from "../../../ts/analysis/random.js";
import { meanStepTime } from "../../../ts/analysis/step-time.js";

describe("meanStepTime", () => {
  const line = (macs: number) => 20 + 3e-6 * macs;

  it("finds the time at the mean MACs whatever stitches happened to be drawn", () => {
    const costs = fc.array(fc.integer({ min: 1, max: 1e7 }), { minLength: 2, maxLength: 60 });
    fc.assert(
      fc.property(costs, fc.integer({ min: 1, max: 1e7 }), (macs, mean) => {
        fc.pre(new Set(macs).size > 1);
        const time = meanStepTime(
          macs.map((one) => ({ macs: one, step_ms: line(one) })),
          mean,
        );
        // The slowest tenth left out may leave one cost only where there are few.
        const kept = new Set(macs).size > Math.ceil(macs.length / 10) + 1;
        if (kept) expect(time / line(mean)).toBeCloseTo(1, 6);
      }),
    );
  });

  it("does not mind a few steps during which the machine did something else", () => {
    const random = makeRandom(3);
    const samples = Array.from({ length: 100 }, (_, i) => {
      const macs = 1e7 * random();
      return { macs, step_ms: line(macs) * (1 + 0.02 * (random() - 0.5)) + (i % 20 === 0 ? 400 : 0) };
    });
    expect(Math.abs(meanStepTime(samples, 5e6) / line(5e6) - 1)).toBeLessThan(0.02);
    expect(meanStepTime(samples, 5e6)).toBe(meanStepTime(samples, 5e6));
  });

  it("is the mean where all steps cost the same, and refuses none", () => {
    const times = [10, 12, 14].map((step_ms) => ({ macs: 5, step_ms }));
    expect(meanStepTime(times, 5)).toBeCloseTo(12, 12);
    expect(() => meanStepTime([], 5)).toThrow(/no step/);
  });
});
