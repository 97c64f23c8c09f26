import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type SpaceConfig,
  spaceSchema,
  TWO_WAY_ROUTES,
  type TwoWayRoute,
} from "../../../ts/config/schema/space.js";
import { spaceRoutes } from "../../../ts/planning/spaces/index.js";
import type { Route } from "../../../ts/planning/spaces/route.js";

/** A route as text: front anchor, cut, end anchor, landing block of each junction. */
const show = (route: Route) =>
  route.map(({ cut, landing, layer }) => `${layer.front}.${cut}>${layer.end}.${landing}`).join(" ");
const routes = (space: unknown, depths: number[]) => [...spaceRoutes(spaceSchema.parse(space), depths)];
const depth = fc.integer({ min: 1, max: 14 });

/** SN-Net's paired rule as its paper tells it: windows, and a list of the pairs seen so far. */
function pairedByHand(blocks: number, kernel: number, stride: number): { pair: string; window: number }[] {
  const seen = new Set<string>();
  const pairs: { pair: string; window: number }[] = [];
  for (let start = 0; start < blocks; start += stride) {
    const window = Array.from({ length: kernel }, (_, i) => start + i).filter((block) => block < blocks);
    for (const cut of window) {
      for (const landing of window) {
        const pair = `0.${cut}>1.${landing}`;
        if (!seen.has(pair)) pairs.push({ pair, window: start });
        seen.add(pair);
      }
    }
  }
  return pairs;
}

test("paired is SN-Net's sliding window, and the pairs new in a window share its layer", () => {
  fc.assert(
    fc.property(
      depth,
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 8 }),
      (blocks, kernel, stride) => {
        const got = routes({ rule: "paired", kernel, stride }, [blocks, blocks]);
        const expected = pairedByHand(blocks, kernel, stride);
        expect(got.map(show)).toEqual(expected.map(({ pair }) => pair));
        const windows = new Map(got.map((route, i) => [route[0]?.layer, expected[i]?.window]));
        got.forEach((route, i) => {
          expect(windows.get(route[0]?.layer)).toBe(expected[i]?.window);
        });
        expect(windows.size).toBe(new Set(expected.map(({ window }) => window)).size);
      },
    ),
  );
});

test("depth 12, kernel 2, stride 1: 34 stitch points, 11 layers", () => {
  const got = routes({ rule: "paired" }, [12, 12]);
  expect(got).toHaveLength(34);
  expect(new Set(got.map((route) => route[0]?.layer)).size).toBe(11);
});

test("unpaired joins the pairs of nearest interpolation whose shallower index is the smaller", () => {
  fc.assert(
    fc.property(depth, depth, (front, end) => {
      fc.pre(front !== end);
      const expected = new Set<string>();
      const [shallow, deep] = [Math.min(front, end), Math.max(front, end)];
      for (let small = 0; small < shallow; small++) {
        for (let large = 0; large < deep; large++) {
          const maps = small * deep <= large * shallow && large * shallow < (small + 1) * deep;
          if (!maps || small >= large) continue;
          expected.add(front < end ? `0.${small}>1.${large}` : `0.${large}>1.${small}`);
        }
      }
      const got = routes({ rule: "unpaired" }, [front, end]);
      expect(new Set(got.map(show))).toEqual(expected);
      expect(got).toHaveLength(expected.size);
      // One layer for each block of the shallower anchor.
      const side = (route: Route) => (front < end ? route[0]?.cut : route[0]?.landing);
      const layers = new Map(got.map((route) => [side(route), route[0]?.layer]));
      for (const route of got) expect(route[0]?.layer).toBe(layers.get(side(route)));
    }),
  );
});

test("equal depths in an unpaired space follow the paired rule", () => {
  expect(
    routes({ rule: "unpaired" }, [4, 4, 8])
      .filter((route) => route[0]?.layer.end === 1)
      .map(show),
  ).toEqual(routes({ rule: "paired" }, [4, 4]).map(show));
});

/** SN-Netv2's two-way space for d0 <= d1, written from its formulas alone. */
function twoWayByHand(d0: number, d1: number, kind: TwoWayRoute): string[] {
  const up = [];
  for (let i = 0; i <= d0 - 2; i++) up.push([i, (i + 1) * Math.floor(d1 / d0)] as const);
  const down = [];
  for (let i = 0; i < d1 - 1; i++) {
    if (d0 === d1 || i % 2 === 1) down.push([i, Math.floor((i * d0) / d1) + 1] as const);
  }
  const sl = up.filter(([, to]) => to < d1);
  const ls = down.filter(([, to]) => to < d0);
  const text =
    (from: number, to: number) =>
    ([cut, landing]: readonly [number, number]) =>
      `${from}.${cut}>${to}.${landing}`;
  if (kind === "sl") return sl.map(text(0, 1));
  if (kind === "ls") return ls.map(text(1, 0));
  const pairs = kind === "lsl" ? { first: ls, second: sl, from: 1 } : { first: sl, second: ls, from: 0 };
  return pairs.first.flatMap((one) =>
    pairs.second
      .filter(([cut]) => cut >= one[1])
      .map((two) => `${text(pairs.from, 1 - pairs.from)(one)} ${text(1 - pairs.from, pairs.from)(two)}`),
  );
}

test("two-way is SN-Netv2's space, each kind switchable", () => {
  fc.assert(
    fc.property(depth, depth, fc.subarray([...TWO_WAY_ROUTES], { minLength: 1 }), (a, b, kinds) => {
      const [d0, d1] = [Math.min(a, b), Math.max(a, b)];
      const got = routes({ rule: "two-way", routes: kinds }, [d0, d1]).map(show);
      expect(got).toEqual(kinds.flatMap((kind) => twoWayByHand(d0, d1, kind)));
    }),
  );
});

test("12 and 24 blocks give 11 SL, 11 LS, 55 LSL, 55 SLS over 22 layers", () => {
  const count = (kind: string) => routes({ rule: "two-way", routes: [kind] }, [12, 24]).length;
  expect(TWO_WAY_ROUTES.map(count)).toEqual([11, 11, 55, 55]);
  const layers = routes({ rule: "two-way" }, [12, 24]).flatMap((route) => route.map(({ layer }) => layer));
  expect(new Set(layers).size).toBe(22);
});

const spaces: fc.Arbitrary<{ space: SpaceConfig; depths: number[] }> = fc.oneof(
  fc
    .record({
      kernel: fc.integer({ min: 1, max: 4 }),
      stride: fc.integer({ min: 1, max: 3 }),
      nearest: fc.boolean(),
      longest_chain: fc.integer({ min: 2, max: 4 }),
      blocks: fc.integer({ min: 1, max: 6 }),
      anchors: fc.integer({ min: 2, max: 4 }),
    })
    .map(({ blocks, anchors, ...rest }) => ({
      space: spaceSchema.parse({ rule: "paired", ...rest }),
      depths: Array<number>(anchors).fill(blocks),
    })),
  fc
    .record({
      nearest: fc.boolean(),
      longest_chain: fc.integer({ min: 2, max: 4 }),
      depths: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 2, maxLength: 4 }),
    })
    .map(({ depths, ...rest }) => ({ space: spaceSchema.parse({ rule: "unpaired", ...rest }), depths })),
  fc
    .array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 4 })
    .map((depths) => ({ space: spaceSchema.parse({ rule: "two-way" }), depths })),
);

test("every route runs blocks of each anchor it visits, in order; none occurs twice; twice the same order", () => {
  fc.assert(
    fc.property(spaces, ({ space, depths }) => {
      const all = routes(space, depths);
      expect(new Set(all.map(show)).size).toBe(all.length);
      expect(routes(space, depths).map(show)).toEqual(all.map(show));
      expect(all.filter((route) => !isSound(route, depths)).map(show)).toEqual([]);
    }),
  );
});

/** Whether each junction leaves an anchor behind a block that ran, and enters a block that exists. */
function isSound(route: Route, depths: readonly number[]): boolean {
  return route.every(({ cut, landing, layer }, index) => {
    const before = route[index - 1];
    const joined = before === undefined || before.layer.end === layer.front;
    const start = before?.landing ?? 0;
    return (
      joined &&
      start <= cut &&
      cut < (depths[layer.front] ?? 0) &&
      0 <= landing &&
      landing < (depths[layer.end] ?? 0)
    );
  });
}

test("chains are all ascending joins of their pairs' junctions, over the pairs' own layers", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 5 }), fc.boolean(), (blocks, nearest) => {
      const space = { rule: "paired", kernel: 2, nearest, longest_chain: 3 };
      const depths = [blocks, blocks, blocks];
      const all = routes(space, depths);
      const pairs = all.filter((route) => route.length === 1);
      expect(pairs.map(show)).toEqual(routes({ ...space, longest_chain: 2 }, depths).map(show));
      const expected = pairs.flatMap(([one]) =>
        pairs.flatMap(([two]) => {
          const joins = one !== undefined && two !== undefined && one.layer.end === two.layer.front;
          return joins && two.cut >= one.landing ? [show([one, two])] : [];
        }),
      );
      expect(all.slice(pairs.length).map(show).sort()).toEqual(expected.sort());
      const layers = new Set(pairs.map((route) => route[0]?.layer));
      expect(all.flat().every(({ layer }) => layers.has(layer))).toBe(true);
    }),
  );
});
