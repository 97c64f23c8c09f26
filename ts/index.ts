/** estakit's SDK: it never prints and never exits. */
export { paretoFrontier } from "./analysis/frontier.js";
export { type Hypervolume, hypervolume } from "./analysis/hypervolume.js";
export type { Axes, Axis, Measured } from "./analysis/points.js";
export { type Constraints, type Selection, selectStitch } from "./analysis/selection.js";
export * from "./sdk/index.js";
