import type { Chart } from "../analysis/charts/chart.js";
import { makePlanChart } from "../analysis/charts/plan.js";
import type { Plan } from "../planning/plan-schema.js";

/** How many stitches of `plan` lie where along a cost, with the intervals and the anchors. */
export function planChart(plan: Plan, axis: "macs" | "params" = "macs"): Chart {
  return makePlanChart(plan, axis);
}
