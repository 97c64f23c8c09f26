/** Charts, tables, reports and progress have every form that a person or a notebook may want of them. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { makeComparison } from "../../../ts/analysis/comparison.js";
import { makeReport } from "../../../ts/analysis/report.js";
import type { EngineEvent } from "../../../ts/engine/events.js";
import {
  DISPLAY,
  type Displayable,
  makePlan,
  ProgressView,
  planChart,
  planTable,
  progressViews,
  RunTracker,
  readConfig,
  Table,
} from "../../../ts/index.js";
import { sampleComparison } from "../analysis/sample-comparison.js";
import { sampleReport } from "../analysis/sample-report.js";

const plan = await makePlan(
  readConfig(fileURLToPath(new URL("../../../configs/digits.yaml", import.meta.url))),
);
const HEAD = { schema_version: 1, run_id: "r", time: "2026-01-01T00:00:00Z" } as const;
const step = (number: number): EngineEvent =>
  ({
    ...{ ...HEAD, time: new Date(Date.UTC(2026, 0, 1) + 100 * number).toISOString(), event: "step" },
    ...{ step: number, loss: 1 / number, stitches: [number % plan.stitches.length], step_ms: 100 },
  }) as unknown as EngineEvent;
const EVENTS: EngineEvent[] = [
  { ...HEAD, event: "phase", phase: "train", total: 40 } as EngineEvent,
  ...Array.from({ length: 20 }, (_, i) => step(i + 1)),
];

function half(): ProgressView {
  const tracker = new RunTracker(plan);
  for (const event of EVENTS) tracker.add(event);
  return new ProgressView({ ...tracker.progress, steps: 40 });
}

const hostile = new Table(
  "<b>&title",
  [{ name: '<img src=x onerror="1">\u0007', macs: 12_000 }],
  [
    { header: "<i>", align: "left", text: ({ name }) => name },
    { header: "MACs", align: "right", text: ({ macs }) => String(macs) },
  ],
);
const DISPLAYS: Record<string, Displayable> = {
  "a chart": planChart(plan),
  "a table": planTable(plan),
  "a table of strange text": hostile,
  "a comparison": makeComparison(
    sampleComparison([
      { name: "esta", shift: 0 },
      { name: "<b>&arm", shift: 0.1 },
    ]),
  ),
  "a report": makeReport(sampleReport()),
  "a run's progress": half(),
  "progress before the first event": new ProgressView(new RunTracker().progress),
};

describe.each(Object.entries(DISPLAYS))("%s", (_name, shown) => {
  it("is a drawing", async () => {
    const svg = await shown.toSVG();
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"[\s\S]*<\/svg>\s*$/);
    expect(svg).not.toMatch(/<script|NaN|undefined|Infinity/);
  });

  it("is HTML in which nothing was taken for markup", async () => {
    const html = await shown.toHTML();
    expect(html).toMatch(/^<[\s\S]+>\s*$/);
    expect(html).not.toContain("<img");
  });

  it("is plain data that JSON carries without loss", () => {
    const data = shown.toJSON();
    expect(JSON.parse(JSON.stringify(shown))).toEqual(JSON.parse(JSON.stringify(data)));
    expect(Object.keys(data as object).length).toBeGreaterThan(0);
  });

  it("is text without control characters, and never [object Object]", () => {
    const text = String(shown);
    expect(text).not.toMatch(/\[object|undefined|NaN/);
    expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
    expect(text.trim()).not.toBe("");
  });

  it("shows itself in a notebook, as text at least and as something richer", async () => {
    const bundle = await shown[DISPLAY]();
    expect(bundle["text/plain"]).toBe(shown.toString());
    expect(Object.keys(bundle).length).toBeGreaterThan(1);
    expect(Symbol.keyFor(DISPLAY)).toBe("Jupyter.display");
  });
});

it("the progress half-way says so", () => {
  const view = half();
  expect(view.toHTML()).toContain('value="0.5000"');
  expect(view.toHTML()).toContain("training 20/40");
  expect(view.toString()).toMatch(/^training 20\/40 \(50 %\) {2}10\.0 steps\/s {2}loss 0\.448$/);
});

describe("the views of a job", () => {
  const job = async function* () {
    yield* EVENTS;
  };
  const collect = async (everyMs: number) => {
    const views: ProgressView[] = [];
    for await (const view of progressViews({ [Symbol.asyncIterator]: job, plan }, { everyMs }))
      views.push(view);
    return views.map(({ progress }) => progress.step);
  };

  it("are as many as its events where no pause is asked for", async () => {
    expect(await collect(0)).toEqual(EVENTS.map((_, i) => i));
  });

  it("are the first and the last where the pause is longer than the job", async () => {
    expect(await collect(1e9)).toEqual([0, 20]);
  });
});
