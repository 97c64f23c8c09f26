/** What the rules of a stitch space yield. */

/** A stitching layer that routes share: its identity is the object's, the plan gives it an id. */
export interface SharedLayer {
  readonly front: number;
  readonly end: number;
}

/** A stitch point: behind block `cut` of the front anchor, before block `landing` of the end anchor. */
export interface Junction {
  readonly cut: number;
  readonly landing: number;
  readonly layer: SharedLayer;
  /**
   * Set when a route through it is kept; false from the rule. A set of a million junctions would cost more.
   */
  used: boolean;
}

/** The junctions of a stitch in order; from the first anchor's first block to the last anchor's last. */
export type Route = readonly Junction[];

/** A rule sees the depths of the anchors, smallest anchor first. */
export type Depths = readonly number[];
