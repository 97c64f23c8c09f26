/**
 * Unpaired stitching of SN-Net (arXiv 2302.06586, section 3.3), for two anchors of unequal depth: nearest
 * interpolation maps each block of the deeper anchor to one of the shallower, and the pairs that it joins are
 * stitch points where the shallower one's index is the smaller. The points of one block of the shallower
 * anchor share a stitching layer.
 *
 * SN-Net has the shallower anchor in front. Where the larger anchor is the shallower (SmolLM2), the same
 * pairs serve from the deeper anchor to the shallower: our choice.
 */
import type { Junction, SharedLayer } from "./route.js";

/** Index of the shallower anchor's block that block `index` of the deeper one is mapped to. */
export const nearestBlock = (index: number, shallow: number, deep: number): number =>
  Math.floor((index * shallow) / deep);

/** Stitch points from anchor `front` to anchor `end`, ordered by the shallower anchor's block. */
export function* unpairedJunctions(
  front: number,
  end: number,
  frontDepth: number,
  endDepth: number,
): Generator<Junction> {
  const frontIsShallow = frontDepth < endDepth;
  const shallow = Math.min(frontDepth, endDepth);
  const deep = Math.max(frontDepth, endDepth);
  let layer: SharedLayer = { front, end };
  let previous = -1;
  for (let index = 0; index < deep; index++) {
    const mapped = nearestBlock(index, shallow, deep);
    if (mapped !== previous) layer = { front, end };
    previous = mapped;
    if (mapped >= index) continue;
    yield frontIsShallow
      ? { cut: mapped, landing: index, layer, used: false }
      : { cut: index, landing: mapped, layer, used: false };
  }
}
