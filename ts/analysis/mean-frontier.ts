/**
 * The frontier of several runs as one curve: at each cost the mean over the runs of the best metric that the cost
 * buys. It begins where every run can be afforded, and is again a step function of the cost.
 */
import { paretoFrontier } from "./frontier.js";
import { type Axes, asLoss, fieldValue } from "./points.js";

export interface FrontierStep {
  readonly x: number;
  readonly y: number;
}

/** Steps of the mean frontier, best x first; [] where a run has no points. */
export function meanFrontier<Point extends object>(
  runs: readonly (readonly Point[])[],
  axes: Axes<Point>,
): FrontierStep[] {
  const frontiers = runs.map((points) =>
    paretoFrontier(points, axes).map((point) => ({
      x: asLoss(fieldValue(point, axes.x.key), axes.x.better),
      y: fieldValue(point, axes.y.key),
    })),
  );
  if (frontiers.length === 0 || frontiers.some((frontier) => frontier.length === 0)) return [];
  const costs = [...new Set(frontiers.flatMap((frontier) => frontier.map(({ x }) => x)))];
  const steps: FrontierStep[] = [];
  const next = frontiers.map(() => 0);
  for (const cost of costs.sort((a, b) => a - b)) {
    let sum = 0;
    let isAffordable = true;
    for (const [i, frontier] of frontiers.entries()) {
      let at = next[i] as number;
      while (at < frontier.length && (frontier[at] as FrontierStep).x <= cost) at += 1;
      next[i] = at;
      if (at === 0) isAffordable = false;
      else sum += (frontier[at - 1] as FrontierStep).y;
    }
    if (isAffordable) steps.push({ x: asLoss(cost, axes.x.better), y: sum / frontiers.length });
  }
  return steps;
}
