/** estakit's SDK: it never prints and never exits. */
export { paretoFrontier } from "./analysis/frontier.js";
export { type Hypervolume, hypervolume, makeReference, type Place } from "./analysis/hypervolume.js";
export type { Axes, Axis, Better, Measured } from "./analysis/points.js";
export {
  type Bounds,
  type Constraints,
  type Reach,
  type Selection,
  selectStitch,
  type Violation,
} from "./analysis/selection.js";
export * from "./sdk/index.js";
