/** Points for the tests of this folder: few distinct values, so that ties and duplicates are the rule. */
import fc from "fast-check";
import type { Axes, Better } from "../../../ts/analysis/points.js";

export interface Point {
  readonly id: number;
  readonly name: string;
  readonly macs: number;
  readonly params: number;
  readonly accuracy: number;
}

export function makePoint(id: number, macs: number, accuracy: number, params = 0): Point {
  return { id, name: `stitch-${id}`, macs, params, accuracy };
}

const grid = fc.integer({ min: 0, max: 6 });
const real = fc.double({ min: -1e6, max: 1e6, noNaN: true });

/** Up to 30 points, either on a small grid or anywhere. */
export const pointsArbitrary: fc.Arbitrary<Point[]> = fc
  .oneof(
    fc.array(fc.tuple(grid, grid, grid), { maxLength: 30 }),
    fc.array(fc.tuple(real, real, real), { maxLength: 30 }),
  )
  .map((rows) => rows.map(([macs, accuracy, params], id) => makePoint(id, macs, accuracy, params)));

const betterArbitrary = fc.constantFrom<Better>("less", "more");

export const axesArbitrary: fc.Arbitrary<Axes<Point>> = fc
  .tuple(betterArbitrary, betterArbitrary)
  .map(([x, y]) => ({ x: { key: "macs", better: x }, y: { key: "accuracy", better: y } }));

export const COST_AND_ACCURACY: Axes<Point> = {
  x: { key: "macs", better: "less" },
  y: { key: "accuracy", better: "more" },
};
