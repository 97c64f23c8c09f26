import fc from "fast-check";
import { expect, test } from "vitest";
import { deploymentSchema } from "../../../ts/config/schema/deployment.js";
import { COST_GROUP_SHARE, costGroups, makeIntervals } from "../../../ts/planning/intervals.js";
import { failure, plan } from "./helpers.js";

const costs = fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 60 });

test("equal intervals: each cost lies in its own, bounds touch, widths are equal", () => {
  fc.assert(
    fc.property(costs, fc.integer({ min: 1, max: 12 }), (list, count) => {
      const [low, high] = [Math.min(...list), Math.max(...list)];
      const { intervals, index } = makeIntervals(deploymentSchema.parse({ intervals: count }), low, high);
      expect(intervals).toHaveLength(low === high ? 1 : count);
      expect([intervals[0]?.low, intervals.at(-1)?.high]).toEqual([low, high]);
      intervals.forEach((interval, id) => {
        expect(interval.id).toBe(id);
        expect(interval.high - interval.low).toBeCloseTo((high - low) / intervals.length, 6);
        if (id > 0) expect(interval.low).toBe(intervals[id - 1]?.high);
      });
      for (const cost of list) {
        const own = intervals[index(cost)];
        expect(own === undefined ? "none" : cost <= own.high && (cost > own.low || own.id === 0)).toBe(true);
      }
    }),
  );
});

test("budgets are upper ends; what is dearer forms one more interval", () => {
  fc.assert(
    fc.property(
      costs,
      fc.uniqueArray(fc.integer({ min: 1, max: 12_000 }), { minLength: 1, maxLength: 6 }),
      (list, raw) => {
        const budgets = raw.sort((a, b) => a - b);
        const [low, high] = [Math.min(...list), Math.max(...list)];
        fc.pre((budgets.at(-1) ?? 0) >= low);
        const { intervals, index } = makeIntervals(deploymentSchema.parse({ budgets }), low, high);
        const dearer = high > (budgets.at(-1) ?? 0);
        expect(intervals.map((interval) => interval.high)).toEqual(dearer ? [...budgets, high] : budgets);
        for (const cost of list) {
          const naive = budgets.findIndex((budget) => cost <= budget);
          expect(index(cost)).toBe(naive === -1 ? budgets.length : naive);
        }
      },
    ),
  );
});

test("cost groups are SN-Netv2's: sorted, a new one where the cost exceeds the first by the gap", () => {
  fc.assert(
    fc.property(costs, (list) => {
      const sorted = [...list].sort((a, b) => a - b);
      const gap = ((sorted.at(-1) ?? 0) - (sorted[0] ?? 0)) * COST_GROUP_SHARE;
      const naive = new Map<number, number>();
      let group = 0;
      let first = sorted[0] ?? 0;
      for (const cost of sorted) {
        if (cost > first + gap) {
          group += 1;
          first = cost;
        }
        naive.set(cost, group);
      }
      const groupOf = costGroups(Float64Array.from(list));
      for (const cost of list) expect(groupOf(cost)).toBe(naive.get(cost));
    }),
  );
});

test("a plan's intervals count its stitches along the chosen axis", async () => {
  for (const axis of ["macs", "params"] as const) {
    const made = await plan({ family: "deit", deployment: { axis, intervals: 4 } });
    for (const { id, low, high, stitches } of made.intervals) {
      const own = made.stitches.filter(({ interval }) => interval === id);
      expect(own).toHaveLength(stitches);
      expect(own.every((stitch) => stitch[axis] <= high && (stitch[axis] > low || id === 0))).toBe(true);
    }
    expect(made.intervals.reduce((sum, { stitches }) => sum + stitches, 0)).toBe(made.totals.stitches);
  }
});

test("budgets that no stitch meets, or that do not ascend, are refused", async () => {
  expect(await failure(() => plan({ family: "deit", deployment: { budgets: [1e6, 2e6] } }))).toMatchObject({
    code: "budget",
    message: expect.stringContaining("1258411200"),
  });
  expect(await failure(() => plan({ family: "deit", deployment: { budgets: [5e9, 5e9] } }))).toMatchObject({
    code: "configuration",
    message: expect.stringContaining("deployment.budgets[1]"),
  });
  const empty = await plan({ family: "deit", deployment: { budgets: [1e6, 2e10] } });
  expect(empty.intervals.map(({ stitches }) => stitches)).toEqual([0, empty.totals.stitches]);
});
