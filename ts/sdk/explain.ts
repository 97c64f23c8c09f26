/** One stitch laid open: its route block by block with what each part costs, its standing, its neighbours in cost. */
import type { SplitMetrics } from "../analysis/report-data.js";
import { COST_FIELDS } from "../config/schema/deployment.js";
import { type InlineFamily, inlineFamilySchema } from "../config/schema/family.js";
import { EstaError } from "../errors.js";
import { type AnchorCosts, type Cost, macsOf, stitchingLayerCost } from "../planning/architectures/costs.js";
import { familyCosts } from "../planning/architectures/index.js";
import type { Interval, Plan, Segment, Stitch } from "../planning/plan-schema.js";
import { metricOf, metricsByStitch } from "./measured.js";
import type { Run } from "./open-run.js";

export interface RoutePart {
  kind: "stem" | "block" | "stitching-layer" | "head";
  anchor: string;
  /** Of the anchor, for a block; of the plan, for a stitching layer. */
  index: number | null;
  in_width: number;
  out_width: number;
  macs: number;
  params: number;
}

export interface Neighbour {
  id: number;
  name: string;
  cost: number;
  in_palette: boolean;
  metrics: Readonly<Record<string, number | null>>;
}

export interface StitchExplained {
  id: number;
  name: string;
  route: readonly Segment[];
  anchors: { id: number; name: string; depth: number; width: number }[];
  /** In order of the route; their MACs and parameters sum to the stitch's. */
  parts: RoutePart[];
  macs: number;
  params: number;
  memory_bytes: number;
  /** Name of the cost that the intervals divide, as it stands here. */
  axis: "macs" | "params" | "memory_bytes";
  interval: Interval;
  in_palette: boolean;
  /** null before the palette was chosen, or where it was never drawn. */
  score: number | null;
  score_name: string | null;
  /** 1 is the best score of its interval. */
  rank_in_interval: number | null;
  draws: number | null;
  /** split -> metric -> value */
  metrics: SplitMetrics;
  metric: string;
  /** Next in cost on the plan's axis, nearest first. */
  cheaper: Neighbour[];
  dearer: Neighbour[];
}

const NEIGHBOURS = 3;

/** Explains stitch `id` of `run`, finished or not. @throws EstaError("usage") where the plan has no such stitch. */
export async function explainStitch(run: Run, id: number): Promise<StitchExplained> {
  const { plan } = run;
  const stitch = plan.stitches[id];
  if (stitch === undefined) {
    throw new EstaError(
      "usage",
      `no stitch ${id} in this run; ids go from 0 to ${plan.stitches.length - 1}`,
      {
        hint: "`esta pareto RUN` shows the palette, `esta plan RUN/plan.json` the intervals.",
      },
    );
  }
  const chosen = (await run.events()).findLast((event) => event.event === "palette_chosen");
  const kept = new Set(chosen?.stitches);
  const metrics = metricsByStitch(run);
  const { name, route, macs, params, memory_bytes } = stitch;
  return {
    ...{ id, name, route, macs, params, memory_bytes },
    anchors: plan.anchors.map(({ id, name, depth, width }) => ({ id, name, depth, width })),
    parts: routeParts(plan, stitch),
    axis: COST_FIELDS[plan.config.deployment.axis],
    interval: plan.intervals[stitch.interval] as Interval,
    in_palette: kept.has(id),
    score: chosen?.scores[id] ?? null,
    score_name: chosen?.score ?? null,
    rank_in_interval: rankInInterval(plan, stitch, chosen?.scores),
    draws: chosen?.draws[id] ?? null,
    metrics: metrics.get(id) ?? {},
    metric: metricOf(run),
    ...neighbours(plan, stitch, kept, metrics),
  };
}

/** The pieces that a route is made of, with the costs that the planner counted. */
export function routeParts(plan: Plan, { route, stitching_layers }: Stitch): RoutePart[] {
  const costs = familyCosts(familyShape(plan), plan.family.classes);
  const parts: RoutePart[] = [];
  const add = (kind: RoutePart["kind"], anchor: AnchorCosts, cost: Cost, more: Partial<RoutePart> = {}) => {
    const { name, width } = anchor;
    const widths = { in_width: width, out_width: width };
    parts.push({
      kind,
      anchor: name,
      index: null,
      ...widths,
      macs: macsOf(cost),
      params: cost.params,
      ...more,
    });
  };
  const anchorOf = (segment: Segment | undefined) => costs.anchors[segment?.anchor ?? 0] as AnchorCosts;
  for (const [at, segment] of route.entries()) {
    const anchor = anchorOf(segment);
    if (at === 0) add("stem", anchor, anchor.stem);
    else {
      const front = anchorOf(route[at - 1]);
      const layer = { index: stitching_layers[at - 1] ?? null, in_width: front.width };
      add("stitching-layer", anchor, stitchingLayerCost(costs, front, anchor), layer);
    }
    for (let index = segment.start; index < segment.end; index += 1)
      add("block", anchor, anchor.block, { index });
  }
  const last = anchorOf(route.at(-1));
  // Tied embeddings are saved where the route leaves by the anchor that it came in by.
  const tied = route[0]?.anchor === route.at(-1)?.anchor ? last.tiedParams : 0;
  add("head", last, { ...last.head, params: last.head.params - tied });
  return parts;
}

/** The plan's family as the inline family that it came from: its models need not be at hand. */
function familyShape({ family, anchors }: Plan): InlineFamily {
  const shape = {
    kind: family.kind,
    ...family.input,
    ...(family.kind === "llama" ? {} : { classes: family.classes }),
    anchors: anchors.map(({ name, width, depth, heads, mlp_width, extra }) => ({
      ...{ name, width, depth, heads, mlp_width },
      ...extra,
    })),
  };
  return inlineFamilySchema.parse(shape);
}

function rankInInterval(
  plan: Plan,
  stitch: Stitch,
  scores: readonly (number | null)[] | undefined,
): number | null {
  const own = scores?.[stitch.id];
  if (scores === undefined || own === null || own === undefined) return null;
  const better = plan.stitches.filter(
    ({ id, interval }) => interval === stitch.interval && (scores[id] ?? -Infinity) > own,
  );
  return better.length + 1;
}

function neighbours(
  plan: Plan,
  stitch: Stitch,
  kept: ReadonlySet<number>,
  metrics: ReadonlyMap<number, SplitMetrics>,
) {
  const axis = COST_FIELDS[plan.config.deployment.axis];
  const order = [...plan.stitches].sort((a, b) => a[axis] - b[axis] || a.id - b.id);
  const at = order.findIndex(({ id }) => id === stitch.id);
  const describe = (other: Stitch): Neighbour => {
    const measured = metrics.get(other.id) ?? {};
    const split = measured.validation ?? measured.test ?? measured.train ?? {};
    return {
      id: other.id,
      name: other.name,
      cost: other[axis],
      in_palette: kept.has(other.id),
      metrics: split,
    };
  };
  return {
    cheaper: order
      .slice(Math.max(0, at - NEIGHBOURS), at)
      .reverse()
      .map(describe),
    dearer: order.slice(at + 1, at + 1 + NEIGHBOURS).map(describe),
  };
}
