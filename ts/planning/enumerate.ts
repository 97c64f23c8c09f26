/** Runs a space's rule and gives the stitches with ids, names, costs and shared stitching layers. */
import type { SpaceConfig } from "../config/schema/space.js";
import { EstaError } from "../errors.js";
import { anchorCost, type FamilyCosts } from "./architectures/costs.js";
import { inferenceMemory } from "./inference-memory.js";
import type { Plan, Segment, Stitch, StitchingLayer } from "./plan-schema.js";
import { type RouteCost, routeCosts } from "./route-costs.js";
import { SegmentTable } from "./segments.js";
import { mayRepeatRoutes, spaceRoutes } from "./spaces/index.js";
import type { Junction, Route, SharedLayer } from "./spaces/route.js";

/** More stitches than this are a mistyped rule, and more than one process's memory holds. */
export const MOST_STITCHES = 2_000_000;

export interface Enumeration {
  /**
   * Whole anchors first, then the kept routes in the rule's order; `interval` and `cost_group` are still 0.
   */
  stitches: Stitch[];
  layers: StitchingLayer[];
  dropped: Plan["dropped"];
}

/**
 * Every stitch of the space over the family's anchors, which stand in order of size. Dropped and counted are
 * routes dearer in MACs than the dearest anchor on them, unless the space keeps them, and routes seen before.
 * Stitches share equal segments and lists of layers: a plan is not for changing.
 */
export function enumerateStitches(costs: FamilyCosts, space: SpaceConfig): Enumeration {
  const { anchors } = costs;
  const keepDearer = space.rule === "anchors" || space.keep_costlier_than_dearest_anchor;
  const cost = routeCosts(costs);
  const memory = inferenceMemory(costs);
  const whole = anchors.map((anchor) => anchorCost(anchor).macs);
  const segments = new SegmentTable(anchors);
  const layers = new LayerTable(costs);
  const seen = mayRepeatRoutes(space) ? new Set<string>() : undefined;
  const stitches: Stitch[] = [];
  const dropped = { costlier_than_dearest_anchor: 0, identical: 0 };
  const keep = (name: string, route: Segment[], stitching_layers: number[], { macs, params }: RouteCost) => {
    const id = stitches.length;
    if (id === MOST_STITCHES) throw tooMany();
    const memory_bytes = memory(route, params);
    stitches.push({
      ...{ id, name, route, stitching_layers, macs, params, memory_bytes },
      ...{ interval: 0, cost_group: 0 },
    });
  };
  anchors.forEach(({ name, depth }, anchor) => {
    const route = [{ anchor, start: 0, end: depth }];
    keep(name, route, [], cost(route));
  });
  for (const junctions of spaceRoutes(
    space,
    anchors.map((anchor) => anchor.depth),
  )) {
    const route = segments.segmentsOf(junctions);
    const routeCost = cost(route);
    if (!keepDearer && routeCost.macs > dearestOn(route, whole)) {
      dropped.costlier_than_dearest_anchor += 1;
      continue;
    }
    const name = segments.nameOf(junctions);
    if (seen?.has(name)) {
      dropped.identical += 1;
      continue;
    }
    seen?.add(name);
    keep(name, route, layers.use(junctions), routeCost);
  }
  return { stitches, layers: layers.list, dropped };
}

function dearestOn(segments: readonly Segment[], whole: number[]): number {
  let dearest = 0;
  for (const { anchor } of segments) dearest = Math.max(dearest, whole[anchor] as number);
  return dearest;
}

/** Gives ids to the stitching layers in order of first use, and gathers the stitch points that share each. */
class LayerTable {
  readonly list: StitchingLayer[] = [];
  private readonly ids = new Map<SharedLayer, number>();
  private readonly single: number[][] = [];

  constructor(private readonly costs: FamilyCosts) {}

  /** Ids of a route's layers; routes over one junction of a layer share the array. */
  use(route: Route): number[] {
    const ids = route.map((junction) => this.useOne(junction));
    return ids.length === 1 ? (this.single[ids[0] as number] as number[]) : ids;
  }

  private useOne(junction: Junction): number {
    const id = this.ids.get(junction.layer) ?? this.add(junction.layer);
    if (!junction.used) {
      junction.used = true;
      this.list[id]?.points.push([junction.cut, junction.landing]);
    }
    return id;
  }

  private add(layer: SharedLayer): number {
    const id = this.list.length;
    this.ids.set(layer, id);
    this.single.push([id]);
    const { front, end } = layer;
    this.list.push({
      id,
      front_anchor: front,
      end_anchor: end,
      in_width: this.costs.anchors[front]?.width ?? 0,
      out_width: this.costs.anchors[end]?.width ?? 0,
      points: [],
    });
    return id;
  }
}

const tooMany = () =>
  new EstaError("configuration", `space: got more than ${MOST_STITCHES} stitches; allowed: up to that many`, {
    hint: "Take a smaller kernel or a larger stride, nearest: true, or a shorter longest_chain.",
  });
