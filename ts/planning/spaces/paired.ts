/**
 * Paired stitching of SN-Net (arXiv 2302.06586, section 3.3), for two anchors of equal depth: a window of
 * `kernel` blocks slides by `stride`; each ordered pair inside it that no earlier window held is a stitch
 * point, and the points that one window adds share a stitching layer. Depth 12, kernel 2, stride 1: 34
 * points, 11 layers.
 */
import type { Junction } from "./route.js";

export interface Window {
  kernel: number;
  stride: number;
}

/**
 * Stitch points from anchor `front` to anchor `end`, both `depth` blocks deep, in the order of SN-Net's
 * table.
 */
export function* pairedJunctions(
  front: number,
  end: number,
  depth: number,
  { kernel, stride }: Window,
): Generator<Junction> {
  let seen = 0; // Blocks below this stood in the window before; earlier windows end earlier still.
  for (let start = 0; start < depth; start += stride) {
    const stop = Math.min(start + kernel, depth);
    const layer = { front, end };
    for (let cut = start; cut < stop; cut++) {
      for (let landing = cut < seen ? Math.max(start, seen) : start; landing < stop; landing++) {
        yield { cut, landing, layer, used: false };
      }
    }
    seen = Math.max(seen, stop);
  }
}
