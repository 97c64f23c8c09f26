/**
 * Routes over pairs of anchors and, if asked, over longer ascending chains. Each junction of a chain follows
 * the rule of its pair, and the next cut is never before the last landing block, so that every anchor on the
 * route runs at least one block.
 */
import type { Depths, Junction, Route } from "./route.js";

export interface Chaining {
  /** Neighbouring sizes only. */
  nearest: boolean;
  /** Most anchors on a route. */
  longestChain: number;
}

export type PairRule = (front: number, end: number) => Iterable<Junction>;

/** First all pairs (in the rule's own order), then chains of three anchors, of four, and so on. */
export function* chainedRoutes(depths: Depths, rule: PairRule, chaining: Chaining): Generator<Route> {
  const longest = Math.min(chaining.longestChain, depths.length);
  if (longest < 3) {
    for (const [front, end] of ascendingChains(depths.length, 2, chaining.nearest)) {
      for (const junction of rule(front as number, end as number)) yield [junction];
    }
    return;
  }
  // A pair's junctions are made once: chains share the stitching layers of the pairs.
  const memo = new Map<string, Junction[]>();
  const junctions = (front: number, end: number): Junction[] => {
    const key = `${front}-${end}`;
    const made = memo.get(key) ?? [...rule(front, end)];
    memo.set(key, made);
    return made;
  };
  for (const [front, end] of ascendingChains(depths.length, 2, chaining.nearest)) {
    for (const junction of junctions(front as number, end as number)) yield [junction];
  }
  for (let length = 3; length <= longest; length++) {
    for (const chain of ascendingChains(depths.length, length, chaining.nearest)) {
      const steps = chain.slice(1).map((end, index) => {
        const front = chain[index] as number;
        return groupByCut(junctions(front, end), depths[front] as number);
      });
      yield* extend([], steps, 0);
    }
  }
}

/** Every ascending list of `length` anchors; with `nearest`, runs of neighbours only. */
function* ascendingChains(anchors: number, length: number, nearest: boolean): Generator<number[]> {
  function* grow(chain: number[]): Generator<number[]> {
    if (chain.length === length) {
      yield chain;
      return;
    }
    const last = chain.at(-1);
    const first = last === undefined ? 0 : last + 1;
    const stop = nearest && last !== undefined ? Math.min(first + 1, anchors) : anchors;
    for (let next = first; next < stop; next++) yield* grow([...chain, next]);
  }
  yield* grow([]);
}

/** `table[cut]`: the junctions that leave the front anchor behind block `cut`. */
function groupByCut(junctions: Iterable<Junction>, depth: number): Junction[][] {
  const table: Junction[][] = Array.from({ length: depth }, () => []);
  for (const junction of junctions) table[junction.cut]?.push(junction);
  return table;
}

function* extend(route: Route, steps: readonly Junction[][][], earliest: number): Generator<Route> {
  const table = steps[route.length];
  if (table === undefined) {
    yield route;
    return;
  }
  for (let cut = earliest; cut < table.length; cut++) {
    for (const junction of table[cut] ?? []) yield* extend([...route, junction], steps, junction.landing);
  }
}
