/**
 * The two-way space of SN-Netv2 (arXiv 2307.00154): small-to-large (SL), large-to-small (LS), and the chains
 * LSL and SLS of one of each, whose second cut is not before the first one's landing block. One stitching
 * layer a position and direction. Depths 12 and 24 give 2 + 11 + 11 + 55 + 55 = 134 stitches with the
 * anchors.
 *
 * SN-Netv2 has the smaller anchor as the shallower one. Where the larger is the shallower, the positions
 * follow the depths and the names the sizes: our choice. More than two anchors: every two neighbouring sizes.
 */
import type { TwoWayRoute } from "../../config/schema/space.js";
import type { Depths, Junction, Route } from "./route.js";

/** The routes asked for, of every two neighbouring sizes. */
export function* twoWayRoutes(depths: Depths, routes: readonly TwoWayRoute[]): Generator<Route> {
  for (let small = 0; small + 1 < depths.length; small++) {
    const large = small + 1;
    const up = [...crossings(small, large, depths)];
    const down = [...crossings(large, small, depths)];
    for (const kind of routes) {
      if (kind === "sl") for (const junction of up) yield [junction];
      if (kind === "ls") for (const junction of down) yield [junction];
      if (kind === "lsl") yield* thereAndBack(down, up);
      if (kind === "sls") yield* thereAndBack(up, down);
    }
  }
}

/** The stitch points of one direction, in order of the cut. */
function* crossings(front: number, end: number, depths: Depths): Generator<Junction> {
  const frontDepth = depths[front] as number;
  const endDepth = depths[end] as number;
  // With equal depths both directions give (i, i + 1).
  const points =
    frontDepth <= endDepth ? intoDeeper(frontDepth, endDepth) : intoShallower(frontDepth, endDepth);
  for (const [cut, landing] of points) {
    if (landing < endDepth) yield { cut, landing, layer: { front, end }, used: false };
  }
}

function* intoDeeper(frontDepth: number, endDepth: number): Generator<[number, number]> {
  const ratio = Math.floor(endDepth / frontDepth);
  for (let cut = 0; cut < frontDepth - 1; cut++) yield [cut, (cut + 1) * ratio];
}

function* intoShallower(frontDepth: number, endDepth: number): Generator<[number, number]> {
  for (let cut = 1; cut < frontDepth - 1; cut += 2) {
    yield [cut, Math.floor((cut * endDepth) / frontDepth) + 1];
  }
}

function* thereAndBack(there: readonly Junction[], back: readonly Junction[]): Generator<Route> {
  for (const first of there) {
    for (const second of back) if (second.cut >= first.landing) yield [first, second];
  }
}
