/** Makes the plan: from a configuration, everything that a run will do, with nothing left to default. */
import { COST_FIELDS } from "../config/schema/deployment.js";
import type { Config } from "../config/schema/index.js";
import { isAlone, TUNING_METHODS } from "../config/schema/method.js";
import { type SpaceConfig, spaceSchema } from "../config/schema/space.js";
import { EstaError } from "../errors.js";
import { resolveAlone, tunedAlone } from "./alone.js";
import { anchorCost, type FamilyCosts } from "./architectures/costs.js";
import { familyCosts } from "./architectures/index.js";
import { type Enumeration, enumerateStitches } from "./enumerate.js";
import { type ResolvedFamily, resolveFamily } from "./family.js";
import { costGroups, makeIntervals } from "./intervals.js";
import { estimateMemory } from "./memory.js";
import { type Interval, PLAN_SCHEMA_VERSION, type Plan, type PlanAnchor } from "./plan-schema.js";
import { Problems } from "./problems.js";
import { largestCost } from "./route-costs.js";
import { familyForTask, headOutputs } from "./task.js";

/** Steps where neither steps nor epochs are given: updates a stitch, and steps of each anchor tuned alone. */
export const DEFAULT_UPDATES_PER_STITCH = 40;
export const DEFAULT_STEPS_PER_ANCHOR = 400;

/**
 * The plan for a configuration. Reads the catalog, `config.json` of model folders and, to count classes, the
 * task's labels; needs neither weights nor Python.
 *
 * @throws EstaError("configuration") that names what was got, what is allowed and what to do;
 *   EstaError("budget") if no stitch meets any of the budgets.
 */
export async function makePlan(config: Config): Promise<Plan> {
  const { task } = config;
  const family = familyForTask(resolveFamily(config.family, { ownHeads: task === undefined }), task);
  return buildPlan(config, family, await headOutputs(task, family.shape));
}

/** The pure half of `makePlan`: a resolved family and the number of the head's outputs are given. */
export function buildPlan(config: Config, family: ResolvedFamily, classes: number): Plan {
  checkFrozen(config);
  const { costs, weights } = inOrderOfSize(familyCosts(family.shape, classes), family.weights);
  checkLargest(largestCost(costs), "the costs of this family");
  const space = resolveSpace(config, family, costs);
  const enumeration = enumerateStitches(costs, space);
  const { stitches, layers, dropped } = enumeration;
  if (space.rule !== "anchors" && stitches.length === costs.anchors.length) throw emptySpace(dropped);
  const intervals = assignCostRanges(config, enumeration);
  const resolved = resolveConfig(config, space, enumeration, costs.anchors.length);
  const memory = estimateMemory(resolved, costs, enumeration);
  checkLargest(Math.max(memory.training_bytes, memory.inference_bytes), "the memory estimate");
  return {
    schema_version: PLAN_SCHEMA_VERSION,
    config: resolved,
    family: {
      name: family.name,
      kind: family.shape.kind,
      tokens: costs.tokens,
      input: costs.input,
      classes,
    },
    space,
    anchors: costs.anchors.map((anchor, id) => planAnchor(anchor, id, weights[id] ?? null)),
    stitching_layers: layers,
    stitches,
    intervals,
    dropped,
    memory,
    totals: {
      anchors: costs.anchors.length,
      stitches: stitches.length,
      stitching_layers: layers.length,
      steps: totalSteps(resolved),
    },
  };
}

function checkFrozen({ method, training, run }: Config): void {
  const isTuned = TUNING_METHODS.some((name) => name === method.name);
  const settings = [
    ["frozen_precision", training.frozen_precision, "fp32"],
    ["off_route_blocks", training.off_route_blocks, "device"],
  ] as const;
  for (const [key, got, allowed] of settings) {
    if (got === allowed || !isTuned) continue;
    throw new EstaError(
      "configuration",
      `training.${key}: got ${got} with method ${method.name}, which tunes every weight of the anchors; allowed: ${allowed}`,
      { hint: "Leave it out, or take a method that keeps the anchors frozen: esta, lora, linear-probe." },
    );
  }
  if (training.off_route_blocks === "cpu" && run.device === "cpu") {
    throw new EstaError(
      "configuration",
      "training.off_route_blocks: got cpu with run.device cpu, where all blocks are anyway; allowed: device",
      { hint: "Leave it out; training.frozen_precision makes the blocks themselves smaller." },
    );
  }
}

/** Anchors by MACs, equal ones as they were given. */
function inOrderOfSize(costs: FamilyCosts, weights: ResolvedFamily["weights"]) {
  const order = costs.anchors
    .map((anchor, index) => ({ index, macs: anchorCost(anchor).macs }))
    .sort((a, b) => a.macs - b.macs || a.index - b.index);
  const pick = <T>(list: readonly T[]) => order.map(({ index }) => list[index] as T);
  return { costs: { ...costs, anchors: pick(costs.anchors) }, weights: pick(weights) };
}

function planAnchor(
  anchor: FamilyCosts["anchors"][number],
  id: number,
  weights: PlanAnchor["weights"],
): PlanAnchor {
  const { name, width, depth, heads, mlpWidth, extra } = anchor;
  return { id, name, width, depth, heads, mlp_width: mlpWidth, extra, weights, ...anchorCost(anchor) };
}

/** Costs are exact up to 2^53 (route-costs.ts), and refused beyond. */
function checkLargest(value: number, what: string): void {
  if (value <= Number.MAX_SAFE_INTEGER) return;
  throw new EstaError(
    "configuration",
    `family: got ${what} of up to ${value.toExponential(1)}; allowed: up to 2^53`,
    {
      hint: "Check the sizes of the anchors and of their input for a typing error.",
    },
  );
}

/**
 * The configuration's space, else whole anchors where nothing can be stitched, else the catalog's, else by
 * depths.
 */
function resolveSpace(
  { method, space }: Config,
  family: ResolvedFamily,
  { anchors }: FamilyCosts,
): SpaceConfig {
  if (isAlone(method) && method.stitches === undefined) return { rule: "anchors" };
  const depths = anchors.map((anchor) => anchor.depth);
  const equal = depths.every((depth) => depth === depths[0]);
  if (space === undefined) {
    if (anchors.length === 1) return { rule: "anchors" };
    return family.space ?? spaceSchema.parse({ rule: equal ? "paired" : "unpaired" });
  }
  const problems = new Problems();
  if (space.rule !== "anchors" && anchors.length < 2) {
    problems.add(
      "space.rule",
      `got ${space.rule} with one anchor; allowed: anchors, or a family of two and more`,
    );
  }
  if (space.rule === "paired" && !equal) {
    const text = anchors.map((anchor) => `${anchor.name} ${anchor.depth}`).join(", ");
    problems.add(
      "space.rule",
      `got paired with unequal depths (${text}); allowed: unpaired, two-way, anchors`,
    );
  }
  problems.throwIfAny("the stitch space", "Leave space out to have it chosen by the depths of the anchors.");
  return space;
}

function emptySpace(dropped: Plan["dropped"]): EstaError {
  const dearer = dropped.costlier_than_dearest_anchor;
  const why =
    dearer > 0
      ? `all ${dearer} routes cost more than the dearest anchor on them`
      : "the rule joins no blocks";
  return new EstaError(
    "configuration",
    `space: got no stitch: ${why}; allowed: a space with a stitch, or rule: anchors`,
    {
      hint:
        dearer > 0
          ? "Widen the kernel, or set space.keep_costlier_than_dearest_anchor: true."
          : "Take another rule, deeper anchors, or a larger kernel.",
    },
  );
}

/** Fills in interval and cost group of each stitch along the deployment's axis. */
function assignCostRanges({ deployment }: Config, { stitches }: Enumeration): Interval[] {
  const field = COST_FIELDS[deployment.axis];
  const axis = new Float64Array(stitches.length);
  for (const { id, [field]: cost } of stitches) axis[id] = cost;
  const { cheapest, dearest } = range(axis);
  const { intervals, index } = makeIntervals(deployment, cheapest, dearest);
  const group = costGroups(axis);
  for (const stitch of stitches) {
    const cost = stitch[field];
    stitch.interval = index(cost);
    stitch.cost_group = group(cost);
    (intervals[stitch.interval] as Interval).stitches += 1;
  }
  return intervals;
}

function range(costs: Float64Array): { cheapest: number; dearest: number } {
  let cheapest = Number.POSITIVE_INFINITY;
  let dearest = Number.NEGATIVE_INFINITY;
  for (const cost of costs) {
    if (cost < cheapest) cheapest = cost;
    if (cost > dearest) dearest = cost;
  }
  return { cheapest, dearest };
}

/** The configuration with its space, the stitches tuned alone, and, where a task gives none, its steps. */
function resolveConfig(
  given: Config,
  space: SpaceConfig,
  { stitches }: Enumeration,
  anchors: number,
): Config {
  const { training, task } = given;
  const method = resolveAlone(given.method, stitches, anchors);
  const config = { ...given, space, method };
  if (task === undefined || training.steps !== undefined || training.epochs !== undefined) return config;
  const alone = isAlone(method) || stitches.length === anchors;
  const steps = alone ? DEFAULT_STEPS_PER_ANCHOR : DEFAULT_UPDATES_PER_STITCH * stitches.length;
  return { ...config, training: { ...training, steps } };
}

/**
 * Optimizer steps of the whole run; null where epochs are given, for the engine knows the size of the data.
 */
function totalSteps({ method, training }: Config): number | null {
  if (training.steps === undefined) return null;
  return isAlone(method) ? training.steps * tunedAlone(method).length : training.steps;
}
