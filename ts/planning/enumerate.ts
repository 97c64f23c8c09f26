/** Runs a space's rule and gives the stitches with ids, names, costs and shared stitching layers. */

import type { SpaceConfig } from "../config/schema/space.js";
import { EstaError } from "../errors.js";
import { anchorCost, type FamilyCosts } from "./architectures/costs.js";
import type { Plan, Segment, Stitch, StitchingLayer } from "./plan-schema.js";
import { routeCosts } from "./route-costs.js";
import { spaceRoutes } from "./spaces/index.js";
import type { Route, SharedLayer } from "./spaces/route.js";

/** More stitches than this are a mistyped rule, and more than one process's memory holds. */
export const MOST_STITCHES = 5_000_000;

export interface Enumeration {
  /** Whole anchors first, then the kept routes in the rule's order; `interval` and `cost_group` are still 0. */
  stitches: Stitch[];
  layers: StitchingLayer[];
  dropped: Plan["dropped"];
}

/**
 * Every stitch of the space over the family's anchors, which stand in order of size. Dropped and counted are routes
 * dearer in MACs than the dearest anchor on them, unless the space keeps them, and routes seen before.
 */
export function enumerateStitches(costs: FamilyCosts, space: SpaceConfig): Enumeration {
  const { anchors } = costs;
  const keepDearer = space.rule === "anchors" || space.keep_costlier_than_dearest_anchor;
  const cost = routeCosts(costs);
  const whole = anchors.map((anchor) => anchorCost(anchor).macs);
  const stitches: Stitch[] = [];
  const layers = new LayerTable(costs);
  const names = new Set<string>();
  const dropped = { costlier_than_dearest_anchor: 0, identical: 0 };
  const keep = (name: string, route: Segment[], stitchingLayers: number[], { macs, params }: Cost) => {
    if (stitches.length === MOST_STITCHES) throw tooMany();
    const id = stitches.length;
    stitches.push({
      id,
      name,
      route,
      stitching_layers: stitchingLayers,
      macs,
      params,
      interval: 0,
      cost_group: 0,
    });
  };
  anchors.forEach(({ name, depth }, anchor) => {
    const route = [{ anchor, start: 0, end: depth }];
    keep(name, route, [], cost(route));
  });
  for (const route of spaceRoutes(
    space,
    anchors.map((anchor) => anchor.depth),
  )) {
    const segments = segmentsOf(route, anchors);
    const routeCost = cost(segments);
    if (!keepDearer && routeCost.macs > dearestOn(segments, whole)) {
      dropped.costlier_than_dearest_anchor += 1;
      continue;
    }
    const name = routeName(segments, anchors);
    const before = names.size;
    if (names.add(name).size === before) dropped.identical += 1;
    else keep(name, segments, layers.use(route), routeCost);
  }
  return { stitches, layers: layers.list, dropped };
}

interface Cost {
  macs: number;
  params: number;
}

function segmentsOf(route: Route, anchors: FamilyCosts["anchors"]): Segment[] {
  const segments: Segment[] = [];
  let start = 0;
  for (const { cut, landing, layer } of route) {
    segments.push({ anchor: layer.front, start, end: cut + 1 });
    start = landing;
  }
  const last = route[route.length - 1]?.layer.end ?? 0;
  segments.push({ anchor: last, start, end: anchors[last]?.depth ?? 0 });
  return segments;
}

function dearestOn(segments: readonly Segment[], whole: readonly number[]): number {
  let dearest = 0;
  for (const { anchor } of segments) dearest = Math.max(dearest, whole[anchor] as number);
  return dearest;
}

/**
 * A stitch's name: the anchor's for a whole anchor, else the blocks run of each, half-open, joined by `+`, like
 * `deit-tiny:0-3+deit-small:3-12`. Names hold no colon, so that no two routes share one.
 */
function routeName(segments: readonly Segment[], anchors: FamilyCosts["anchors"]): string {
  let text = "";
  for (const { anchor, start, end } of segments) {
    text += `${text === "" ? "" : "+"}${anchors[anchor]?.name}:${start}-${end}`;
  }
  return text;
}

/** Gives ids to the stitching layers in order of first use, and gathers the stitch points that share each. */
class LayerTable {
  readonly list: StitchingLayer[] = [];
  private readonly ids = new Map<SharedLayer, number>();
  private readonly points = new Set<object>();

  constructor(private readonly costs: FamilyCosts) {}

  use(route: Route): number[] {
    return route.map((junction) => {
      const id = this.ids.get(junction.layer) ?? this.add(junction.layer);
      if (!this.points.has(junction)) {
        this.points.add(junction);
        this.list[id]?.points.push([junction.cut, junction.landing]);
      }
      return id;
    });
  }

  private add(layer: SharedLayer): number {
    const id = this.list.length;
    this.ids.set(layer, id);
    const width = (anchor: number) => this.costs.anchors[anchor]?.width ?? 0;
    const { front, end } = layer;
    this.list.push({
      id,
      front_anchor: front,
      end_anchor: end,
      in_width: width(front),
      out_width: width(end),
      points: [],
    });
    return id;
  }
}

const tooMany = () =>
  new EstaError("configuration", `space: got more than ${MOST_STITCHES} stitches; allowed: up to that many`, {
    hint: "Take a smaller kernel or a larger stride, nearest: true, or a shorter longest_chain.",
  });
