/** `deployment`: how the scores choose the palette along the cost axis. */
import { z } from "zod";
import { positive, size } from "./fields.js";

/** Costs that are known from shapes alone, and so before training. */
export const PLANNED_AXES = ["macs", "params", "memory"] as const;
export type PlannedAxis = (typeof PLANNED_AXES)[number];
/** All costs: a latency is known once it was measured. */
export const COST_AXES = [...PLANNED_AXES, "latency"] as const;
export type CostAxis = (typeof COST_AXES)[number];

/** Under which name a stitch holds each cost. */
export const COST_FIELDS = {
  macs: "macs",
  params: "params",
  memory: "memory_bytes",
  latency: "latency_ms",
} as const satisfies Record<CostAxis, string>;

const LATENCY_REFUSED =
  "the intervals are cut before training, when no latency is known; allowed: macs, params, memory. " +
  "Afterwards `esta evaluate RUN --latency` measures, and `esta select RUN --max-latency` chooses by it";

export const deploymentSchema = z.strictObject({
  axis: z
    .enum(PLANNED_AXES, { error: ({ input }) => (input === "latency" ? LATENCY_REFUSED : undefined) })
    .default("macs")
    .describe("The cost that intervals and budgets divide; memory: of running the merged network, in bytes."),
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
