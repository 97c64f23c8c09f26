/** Cost intervals of the deployment, and SN-Netv2's cost groups. */
import type { DeploymentConfig } from "../config/schema/deployment.js";
import { EstaError } from "../errors.js";
import type { Interval } from "./plan-schema.js";

/** Share of the cost range that a cost group spans. SN-Netv2 gives no relative figure: our choice. */
export const COST_GROUP_SHARE = 0.1;

export interface Partition {
  intervals: Interval[];
  /** Interval of each cost. */
  index: (cost: number) => number;
}

/**
 * Equal-width intervals over [cheapest, dearest], or those that end at the budgets, from 0, with one more for
 * what is dearer. `low` is exclusive but for the first, `high` inclusive; counts are left at 0. Costs that
 * are all equal make one interval.
 *
 * @throws EstaError("configuration") if the budgets do not ascend, EstaError("budget") if none admits a
 *   stitch.
 */
export function makeIntervals(deployment: DeploymentConfig, cheapest: number, dearest: number): Partition {
  const bounds =
    deployment.budgets === undefined
      ? equalBounds(deployment.intervals, cheapest, dearest)
      : budgetBounds(deployment, cheapest, dearest);
  const intervals = bounds.slice(1).map((high, id) => ({ id, low: bounds[id] as number, high, stitches: 0 }));
  return { intervals, index: (cost) => intervalOf(bounds, cost) };
}

function equalBounds(count: number, cheapest: number, dearest: number): number[] {
  if (cheapest === dearest) return [cheapest, dearest];
  const inner = Array.from(
    { length: count - 1 },
    (_, i) => cheapest + ((dearest - cheapest) * (i + 1)) / count,
  );
  return [cheapest, ...inner, dearest];
}

function budgetBounds({ budgets = [], axis }: DeploymentConfig, cheapest: number, dearest: number): number[] {
  const disorder = budgets.findIndex((budget, i) => i > 0 && budget <= (budgets[i - 1] as number));
  if (disorder > 0) {
    throw new EstaError(
      "configuration",
      `deployment.budgets[${disorder}]: got ${budgets[disorder]} after ${budgets[disorder - 1]}; allowed: ascending numbers`,
      { hint: "List the budgets from the smallest to the largest, each once." },
    );
  }
  const largest = budgets.at(-1) as number;
  if (largest < cheapest) {
    throw new EstaError(
      "budget",
      `no stitch meets a budget: the largest is ${largest} ${axis}, the cheapest stitch costs ${cheapest}`,
      {
        hint: "Raise deployment.budgets, or take a family with a smaller anchor.",
      },
    );
  }
  return [0, ...budgets, ...(dearest > largest ? [dearest] : [])];
}

/** Binary search for the first bound that the cost does not exceed. */
function intervalOf(bounds: readonly number[], cost: number): number {
  let low = 1;
  let high = bounds.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cost <= (bounds[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low - 1;
}

/**
 * Cost groups (arXiv 2307.00154): by ascending cost, a new group starts where the cost exceeds the group's
 * first by more than the gap, a tenth of the range. Gives each cost's group; O(n) for each of at most eleven
 * groups.
 */
export function costGroups(costs: Float64Array): (cost: number) => number {
  let cheapest = Number.POSITIVE_INFINITY;
  let dearest = Number.NEGATIVE_INFINITY;
  for (const cost of costs) {
    cheapest = Math.min(cheapest, cost);
    dearest = Math.max(dearest, cost);
  }
  const gap = (dearest - cheapest) * COST_GROUP_SHARE;
  const starts = [cheapest];
  for (let start = cheapest; ; ) {
    let next = Number.POSITIVE_INFINITY;
    for (const cost of costs) if (cost > start + gap && cost < next) next = cost;
    if (next === Number.POSITIVE_INFINITY) break;
    starts.push(next);
    start = next;
  }
  return (cost) => {
    let group = starts.length - 1;
    while (group > 0 && cost < (starts[group] as number)) group -= 1;
    return group;
  };
}
