/**
 * Cost of a route from the costs of its pieces, O(1) a segment, for the blocks of an anchor are uniform.
 *
 * Exactness: every term is a non-negative integer, so if the largest total is at most 2^53 all intermediate
 * results are exact; if it is larger, rounding is monotone and the computed total is at least 2^53 as well.
 * `largestCost` bounds every route (no route runs a block twice), so one check a family proves all routes.
 */
import { type AnchorCosts, type FamilyCosts, macsOf, stitchingLayerCost } from "./architectures/costs.js";
import type { Segment } from "./plan-schema.js";

export interface RouteCost {
  macs: number;
  params: number;
}

interface Piece {
  stem: RouteCost;
  block: RouteCost;
  head: RouteCost;
  tiedParams: number;
  /** Stitching layer to each anchor. */
  layers: RouteCost[];
}

export type RouteCosts = (segments: readonly Segment[]) => RouteCost;

/** The cost of any route over the family's anchors: first stem, segments, stitching layers, last head. */
export function routeCosts(costs: FamilyCosts): RouteCosts {
  const pieces = costs.anchors.map((anchor) => makePiece(costs, anchor));
  return (segments) => {
    let macs = 0;
    let params = 0;
    let previous: Piece | undefined;
    for (const { anchor, start, end } of segments) {
      const piece = pieces[anchor] as Piece;
      const entry = previous === undefined ? piece.stem : (previous.layers[anchor] as RouteCost);
      macs += entry.macs + (end - start) * piece.block.macs;
      params += entry.params + (end - start) * piece.block.params;
      previous = piece;
    }
    if (previous === undefined) return { macs, params };
    // Tied embeddings are saved where the route leaves by the anchor that it came in by.
    const tied = segments[0]?.anchor === segments.at(-1)?.anchor ? previous.tiedParams : 0;
    return { macs: macs + previous.head.macs, params: params + previous.head.params - tied };
  };
}

function makePiece(costs: FamilyCosts, anchor: AnchorCosts): Piece {
  const cost = (part: AnchorCosts["stem"]): RouteCost => ({ macs: macsOf(part), params: part.params });
  return {
    stem: cost(anchor.stem),
    block: cost(anchor.block),
    head: cost(anchor.head),
    tiedParams: anchor.tiedParams,
    layers: costs.anchors.map((end) => cost(stitchingLayerCost(costs, anchor, end))),
  };
}

/** An upper bound of the MACs and parameters of any route; the larger of the two. */
export function largestCost(costs: FamilyCosts): number {
  let macs = 0;
  let params = 0;
  for (const anchor of costs.anchors) {
    macs += macsOf(anchor.stem) + anchor.depth * macsOf(anchor.block) + macsOf(anchor.head);
    params += anchor.stem.params + anchor.depth * anchor.block.params + anchor.head.params;
    for (const end of costs.anchors) {
      const layer = stitchingLayerCost(costs, anchor, end);
      macs += macsOf(layer);
      params += layer.params;
    }
  }
  return Math.max(macs, params);
}
