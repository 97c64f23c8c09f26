/** The stitch spaces: every route that a rule yields, whole anchors not included. */
import type { SpaceConfig } from "../../config/schema/space.js";
import { chainedRoutes } from "./chains.js";
import { pairedJunctions } from "./paired.js";
import type { Depths, Route } from "./route.js";
import { twoWayRoutes } from "./two-way.js";
import { unpairedJunctions } from "./unpaired.js";

/**
 * SN-Net's own window, for anchors of equal depth in an unpaired space, where interpolation joins nothing.
 */
const DEFAULT_WINDOW = { kernel: 2, stride: 1 };

/** Routes over anchors of these depths, smallest anchor first, in the rule's order. */
export function* spaceRoutes(space: SpaceConfig, depths: Depths): Generator<Route> {
  const depth = (anchor: number) => depths[anchor] as number;
  switch (space.rule) {
    case "anchors":
      return;
    case "paired":
      yield* chainedRoutes(depths, (front, end) => pairedJunctions(front, end, depth(front), space), {
        nearest: space.nearest,
        longestChain: space.longest_chain,
      });
      return;
    case "unpaired":
      yield* chainedRoutes(
        depths,
        (front, end) =>
          depth(front) === depth(end)
            ? pairedJunctions(front, end, depth(front), DEFAULT_WINDOW)
            : unpairedJunctions(front, end, depth(front), depth(end)),
        { nearest: space.nearest, longestChain: space.longest_chain },
      );
      return;
    case "two-way":
      yield* twoWayRoutes(depths, space.routes);
  }
}

/**
 * Whether the rule may yield one route twice. The windows of paired and the map of unpaired visit each pair
 * of blocks once, and routes over other anchors differ; a two-way space repeats what its list of routes
 * repeats.
 */
export const mayRepeatRoutes = (space: SpaceConfig): boolean =>
  space.rule === "two-way" && new Set(space.routes).size < space.routes.length;
