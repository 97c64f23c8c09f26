import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Chart } from "../../../ts/analysis/charts/chart.js";
import { countBins, makePlanChart } from "../../../ts/analysis/charts/plan.js";
import { makeScatterChart } from "../../../ts/analysis/charts/scatter.js";
import { CSS_THEME, THEMES, themeProperties } from "../../../ts/analysis/charts/theme.js";
import { makeDrawsChart, makeLossChart, makeScoresChart } from "../../../ts/analysis/charts/training.js";
import { makeRandom } from "../../../ts/analysis/random.js";
import { makePoint } from "./points.js";
import { sampleReport } from "./sample-report.js";

function somePoints(count: number) {
  const random = makeRandom(5);
  return Array.from({ length: count }, (_, id) => {
    const macs = Math.round(1e6 + 9e6 * random());
    const accuracy = 0.5 + macs / 3e7 + 0.1 * random();
    return {
      id,
      name: `stitch-${id}`,
      macs,
      params: 3 * macs,
      memory_bytes: 12 * macs + 1000,
      accuracy,
      loss: 1 - accuracy,
      anchor: id < 2,
      route: `r${id}`,
    };
  });
}

/** Marks as the specification holds them. */
function marksOf(chart: Chart): { id: number; on: string[]; base: string | null; series: string }[] {
  return (chart.toJSON() as unknown as { data: { values: ReturnType<typeof marksOf> } }).data.values;
}

/** Symbols of the marks in a drawn SVG, by fill. */
function symbols(svg: string, fill: string): number {
  const group = svg.match(/<g class="mark-symbol role-mark marks_marks"[\s\S]*?<\/g>/)?.[0] ?? "";
  return [...group.matchAll(/<path /g)].length === 0
    ? 0
    : [...group.matchAll(new RegExp(`fill="${fill}"`, "g"))].length;
}

describe("scatter chart", () => {
  const points = [
    { ...makePoint(0, 10, 0.5, 7), anchor: true },
    makePoint(1, 20, 0.7, 8),
    makePoint(2, 30, 0.6, 6),
    { ...makePoint(3, 40, 0.9, 9), anchor: true },
  ];

  it("draws every mark in the colour of its group", async () => {
    const baselines = [{ name: "LoRA", points: [makePoint(0, 10, 0.4)] }];
    const chart = makeScatterChart(points, { y: "accuracy", constraints: { macs: { max: 35 } }, baselines });
    const svg = await chart.toSVG();
    const { light } = THEMES;
    const counts = [light.anchor, light.frontier, light.dominated, light.infeasible, light.series[0]];
    expect(counts.map((colour) => symbols(svg, colour))).toEqual([1, 1, 1, 1, 1]);
    for (const text of [
      "Whole anchor",
      "On the frontier",
      "Dominated",
      "Outside the bounds",
      "LoRA",
      "Accuracy",
      "MACs",
    ]) {
      expect(svg).toContain(`>${text}<`);
    }
    expect(chart.description).toMatch(/2 of 4 stitches are on the Pareto frontier, beside LoRA/);
  });

  it("knows the frontier of every pair of axes, and no infeasible point on it", () => {
    const chart = makeScatterChart(points, {
      y: "accuracy",
      xChoices: ["macs", "params"],
      constraints: { macs: { max: 35 } },
    });
    const on = Object.fromEntries(marksOf(chart).map((mark) => [mark.id, mark.on]));
    expect(on).toEqual({
      0: ["macs/accuracy"],
      1: ["macs/accuracy", "params/accuracy"],
      2: ["params/accuracy"],
      3: [],
    });
  });

  it("leaves out what was not measured, and never calls it feasible", () => {
    const some = [makePoint(0, 1, 0.5), { id: 1, name: "unmeasured", macs: 2, params: 2 }];
    const chart = makeScatterChart(some, { y: "accuracy", constraints: { accuracy: { min: 0.1 } } });
    expect(marksOf(chart).map(({ base }) => base)).toEqual([null, "Outside the bounds"]);
    expect(chart.description).toMatch(/1 of 1 stitches/);
  });

  it("draws nothing, one point, equal points and names that look like markup", async () => {
    for (const rows of [[], [makePoint(0, 1, 1)], [makePoint(0, 1, 1), makePoint(1, 1, 1)]]) {
      expect(await makeScatterChart(rows, { y: "accuracy" }).toSVG()).toMatch(/^<svg /);
    }
    const odd = [{ ...makePoint(0, 1, 0.5), name: `<script>alert("1")</script>&`, anchor: true }];
    const chart = makeScatterChart(odd, { y: "accuracy", title: "<b>title</b>" });
    expect(await chart.toSVG()).not.toMatch(/<script|<b>/);
    expect(/<script>alert|<b>title/.test(await chart.toHTML())).toBe(false);
  });

  it("gives the same bytes every time", async () => {
    const make = () => makeScatterChart(somePoints(50), { y: "accuracy", yChoices: ["loss"] });
    const [one, other] = [make(), make()];
    expect((await one.toSVG()) === (await other.toSVG())).toBe(true);
    expect((await one.toHTML()) === (await other.toHTML())).toBe(true);
    expect(make().toString({ width: 70 })).toBe(make().toString({ width: 70 }));
  });

  it("draws 10,000 points", async () => {
    const chart = makeScatterChart(somePoints(10_000), { y: "accuracy" });
    const svg = await chart.toSVG();
    const { frontier, dominated, anchor } = THEMES.light;
    const drawn = [frontier, dominated, anchor].reduce((sum, colour) => sum + symbols(svg, colour), 0);
    expect(drawn).toBe(10_000);
    expect(chart.toString().split("\n").length).toBeGreaterThan(20);
    // Not drawn in advance: the page holds the data once.
    expect((await chart.toHTML()).length).toBeLessThan(4_000_000);
  }, 60_000);
});

describe("Chart", () => {
  const chart = makeScatterChart(somePoints(30), { y: "accuracy", xChoices: ["params"], yChoices: ["loss"] });

  it("is a PNG, twice as large when scaled twice", async () => {
    const size = (png: Uint8Array) => new DataView(png.buffer, png.byteOffset).getUint32(16);
    const [one, two] = [await chart.toPNG({ scale: 1 }), await chart.toPNG({ scale: 2 })];
    expect([...one.slice(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
    expect(size(two)).toBe(2 * size(one));
  });

  it("is for notebooks a specification, a drawing and text", async () => {
    const display = chart[
      Symbol.for("Jupyter.display") as unknown as keyof Chart
    ] as unknown as () => Promise<Record<string, unknown>>;
    const bundle = await display.call(chart);
    expect(Object.keys(bundle)).toEqual(["application/vnd.vegalite.v6+json", "image/svg+xml", "text/plain"]);
    expect(bundle["text/plain"]).toBe(chart.toString());
  });

  it("takes the dark colours and the size it is told", async () => {
    const svg = await chart.toSVG({ theme: "dark", width: 400, height: 200 });
    expect(svg).toContain(THEMES.dark.page);
    expect(svg).not.toContain(THEMES.light.frontier);
    expect(svg).toMatch(/^<svg [^>]*width="400"/);
  });

  it("is a page without any network reference", async () => {
    const page = await chart.toHTML();
    const references = [
      /(src|href)\s*=\s*["']?(https?:)?\/\//i,
      /@import|url\(\s*["']?https?:/i,
      /sourceMappingURL/,
    ];
    expect(references.filter((reference) => reference.test(page))).toEqual([]);
    expect(page.includes("default-src &#39;none&#39;")).toBe(true);
  });

  it("is drawn by libraries that are loaded at first use only", () => {
    const folder = new URL("../../../ts/analysis/", import.meta.url);
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".ts"),
    );
    const eager = /^(import|export) (?!type )[^;]*from "(vega|vega-lite|@resvg\/resvg-js)"/m;
    expect(sources.length).toBeGreaterThan(20);
    expect(sources.filter((name) => eager.test(readFileSync(new URL(name, folder), "utf8")))).toEqual([]);
    expect(eager.test('import { View } from "vega";')).toBe(true);
  });
});

describe("themes", () => {
  /** Relative luminance, WCAG 2. */
  function luminance(colour: string): number {
    const parts = [1, 3, 5].map((i) => Number.parseInt(colour.slice(i, i + 2), 16) / 255);
    const [r = 0, g = 0, b = 0] = parts.map((part) =>
      part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
  function contrast(a: string, b: string): number {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
    return (high + 0.05) / (low + 0.05);
  }

  it.each(Object.entries(THEMES))("%s: text has a contrast of 4.5, marks of 3", (_, theme) => {
    for (const text of [theme.ink, theme.muted])
      expect(contrast(text, theme.page)).toBeGreaterThanOrEqual(4.5);
    for (const mark of [theme.frontier, theme.dominated, theme.infeasible, theme.anchor, ...theme.series]) {
      expect(contrast(mark, theme.page), mark).toBeGreaterThanOrEqual(3);
    }
  });

  it("defines every custom property that the page's charts use", () => {
    const used = JSON.stringify(CSS_THEME).matchAll(/var\((--[\w-]+)\)/g);
    for (const [, property] of used) expect(themeProperties(THEMES.dark)).toContain(`${property}:`);
  });
});

describe("plan chart", () => {
  it("counts every stitch once, whatever the costs", () => {
    const costs = fc.array(fc.nat(1000), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(costs, fc.integer({ min: 1, max: 50 }), (values, count) => {
        const points = values.map((macs, id) => makePoint(id, macs, 0));
        const bins = countBins(points, "macs", count);
        expect(bins.reduce((sum, { stitches }) => sum + stitches, 0)).toBe(values.length);
        for (const [i, { low, high, stitches }] of bins.entries()) {
          const isLast = i === bins.length - 1;
          const inside = values.filter(
            (value) => value >= low - 1e-9 && (isLast ? value <= high : value < high + 1e-9),
          );
          expect(stitches).toBeLessThanOrEqual(inside.length);
        }
      }),
    );
  });

  it("draws intervals and anchors, and fits a terminal", async () => {
    const stitches = somePoints(200);
    const intervals = [0, 1, 2].map((id) => ({ id, low: 1e6 + 3e6 * id, high: 4e6 + 3e6 * id }));
    const chart = makePlanChart({ stitches, anchors: stitches.slice(0, 2), intervals });
    const svg = await chart.toSVG();
    for (const text of ["stitch-0", "stitch-1", "200 stitches by MACs", "Stitches"])
      expect(svg).toContain(text);
    expect([...svg.matchAll(/stroke-dasharray="4,4"/g)].length).toBe(4);
    const text = chart.toString({ width: 50 });
    expect(Math.max(...text.split("\n").map((line) => [...line].length))).toBeLessThanOrEqual(50);
    expect(text).toContain("Intervals end at 4.00 M, 7.00 M, 10.0 M.");
    expect(await makePlanChart({ stitches: [], anchors: [], intervals: [] }).toSVG()).toMatch(/^<svg /);
  });

  it("holds counts, not stitches, so that a plan of 100,000 makes a small chart", () => {
    const chart = makePlanChart({ stitches: somePoints(100_000), anchors: [], intervals: [] });
    expect(JSON.stringify(chart.toJSON()).length).toBeLessThan(50_000);
  });
});

describe("training charts", () => {
  it("draw loss, draws and scores", async () => {
    const { steps, stitches } = sampleReport();
    const charts = [
      makeLossChart(steps),
      makeDrawsChart(stitches),
      makeScoresChart(steps, stitches, { name: "snip", momentum: 0.9 }),
    ];
    for (const chart of charts) {
      expect(await chart.toSVG()).toMatch(/^<svg [\s\S]*<\/svg>$/);
      expect(chart.toString({ width: 60 })).not.toContain("no points");
    }
    expect(charts.map(({ description }) => description)).toEqual([
      expect.stringMatching(/600 steps, .* at the end/),
      expect.stringMatching(/each of 35 stitches, from \d+ to \d+\.$/),
      expect.stringMatching(/snip score of 35 stitches/),
    ]);
  });
});
