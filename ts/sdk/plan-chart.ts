import type { Chart } from "../analysis/charts/chart.js";
import { type CostKey, makePlanChart } from "../analysis/charts/plan.js";
import { COST_FIELDS } from "../config/schema/deployment.js";
import type { Plan } from "../planning/plan-schema.js";

/**
 * How many stitches of `plan` lie where along a cost, with the anchors, and the intervals where the cost is the one
 * that they divide (the default).
 */
export function planChart(plan: Plan, axis: CostKey = COST_FIELDS[plan.config.deployment.axis]): Chart {
  const anchors = plan.stitches.slice(0, plan.anchors.length);
  const intervals = axis === COST_FIELDS[plan.config.deployment.axis] ? plan.intervals : [];
  return makePlanChart({ stitches: plan.stitches, anchors, intervals }, axis);
}
