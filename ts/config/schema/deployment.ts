/** `deployment`: how the scores choose the palette along the cost axis. */
import { z } from "zod";
import { positive, size } from "./fields.js";

export const COST_AXES = ["macs", "params"] as const;
export type CostAxis = (typeof COST_AXES)[number];

export const deploymentSchema = z.strictObject({
  axis: z.enum(COST_AXES).default("macs"),
  intervals: size
    .default(5)
    .describe("Equal-width cost intervals between the cheapest and the dearest stitch."),
  per_interval: size.default(1).describe("Stitches kept in each interval; whole anchors are kept besides."),
  budgets: z
    .array(positive)
    .min(1)
    .optional()
    .describe(
      "Upper ends of the cost intervals, ascending, instead of equal widths; what is dearer forms one more.",
    ),
});
export type DeploymentConfig = z.infer<typeof deploymentSchema>;
