import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { html, scriptJson, trusted } from "../../../ts/analysis/charts/html.js";
import { makeResultsChart } from "../../../ts/analysis/charts/results.js";
import { makeReport } from "../../../ts/analysis/report.js";
import type { ReportData, ReportStitch } from "../../../ts/analysis/report-data.js";
import { lossCurve, scoreCurves, trainingLossScores } from "../../../ts/analysis/training-history.js";
import { sampleReport } from "./sample-report.js";

/** Text of a page as a reader sees it: no scripts, no drawings, no tags. */
function visibleText(page: string): string {
  return page
    .replaceAll(/<(script|style|svg)[\s\S]*?<\/\1>/g, " ")
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll(/&#39;/g, "'")
    .replaceAll(/\s+/g, " ");
}

function bare(changes: Partial<ReportData> = {}): ReportData {
  return {
    ...sampleReport(),
    ...{ baselines: [], steps: [], environment: null, commands: [], run_id: null, created: null },
    cost: { steps: null, seconds: null, trainable_params: null, trainable_bytes: null, training_bytes: null },
    ...changes,
  };
}

const unevaluated = (stitch: ReportStitch): ReportStitch => ({
  ...stitch,
  metrics: {},
  score: null,
  draws: null,
});

describe("html", () => {
  it("escapes whatever is put in, but not what is HTML already", () => {
    expect(html`<p title="${`"'&<>`}">${["<b>", trusted("<i>"), null, false, 3]}</p>`.toString()).toBe(
      `<p title="&quot;&#39;&amp;&lt;&gt;">&lt;b&gt;<i>3</p>`,
    );
  });

  it("keeps JSON intact inside a script, whatever strings it holds", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const value = [text, `</script><!--${text}`];
        const written = scriptJson(value).toString();
        expect(written).not.toContain("<");
        expect(JSON.parse(written)).toEqual(value);
      }),
    );
  });
});

describe("report", () => {
  const data = sampleReport();
  const report = makeReport(data);

  it("says in every form what was adapted, what came out, what it took and how to judge it", async () => {
    const page = visibleText(await report.toHTML());
    const texts = [page, report.toMarkdown().replaceAll("\\", ""), report.toString({ width: 120 })];
    for (const text of texts) {
      expect(text).toContain("tiny-vit adapted to digits");
      expect(text).toContain("(3 anchors: tiny-vit-s, tiny-vit-m, tiny-vit-l)");
      expect(text).toContain("with ESTA. Of 35 stitches, 11 are in the palette.");
      expect(text).toContain("LoRA on each anchor");
      expect(text).toContain("3 min 18 s");
      expect(text).toContain("chosen by the scores of training (snip) alone");
      expect(text).toContain("Hypervolumes have their reference point at 20.9 M MACs and 10.0 % accuracy");
      expect(text).toMatch(/On 797 examples an accuracy of 9\d\.\d % has a standard error of 0\.\d points/);
      expect(text).toContain("One run (seeds: initialisation 0, data 0, sampling 0)");
    }
    for (const text of texts.slice(0, 2)) {
      expect(text).toContain("tiny-vit-m[0:5] → tiny-vit-l[5:6]");
      expect(text).toContain("esta adapt runs/digits/plan.json --run-dir NEW_FOLDER");
      expect(text).toContain("torch 2.13.0");
    }
  });

  it("counts what was kept alone: stitches measured beside the palette change neither best nor hypervolume nor gains", () => {
    const others = new Set(data.stitches.flatMap(({ id, in_palette }) => (in_palette ? [] : [id])));
    const flawless = data.stitches.map((stitch) =>
      others.has(stitch.id)
        ? { ...stitch, metrics: { test: { accuracy: 1, loss: 0 }, validation: { accuracy: 1 } } }
        : stitch,
    );
    const palette = data.stitches.map((stitch) =>
      others.has(stitch.id) ? { ...stitch, metrics: {} } : stitch,
    );
    const [more, less] = [flawless, palette].map((stitches) => makeReport({ ...data, stitches }));
    const [all, kept] = [more?.toJSON().derived, less?.toJSON().derived];
    expect(all?.runs[0]).toMatchObject({
      best: kept?.runs[0]?.best,
      hypervolume: kept?.runs[0]?.hypervolume,
    });
    expect(all?.gains).toEqual(kept?.gains);
    expect(more?.toString({ width: 120 })).toMatch(/24 stitches beside the palette were evaluated too/);
    expect(less?.toString({ width: 120 })).not.toContain("beside the palette");
  });

  it("lists the whole palette, cheapest first, with its metrics by split", async () => {
    const page = await report.toHTML();
    const section = page.slice(page.indexOf('id="palette"'), page.indexOf('id="cost"'));
    const ids = [...section.matchAll(/<tr><td class="right">(\d+)<\/td>/g)].map(([, id]) => Number(id));
    const palette = data.stitches.filter(({ in_palette }) => in_palette).sort((a, b) => a.macs - b.macs);
    expect(ids).toEqual(palette.map(({ id }) => id));
    expect(section).toContain("Accuracy (test)");
    expect(section).toContain("Accuracy (validation)");
  });

  it("derives the frontier and comparable hypervolumes, and keeps the data in its JSON", () => {
    const json = structuredClone(report.toJSON());
    const { derived, ...rest } = json;
    expect(rest).toEqual(data);
    const [own, lora] = derived.runs;
    expect(own?.frontier.length).toBeGreaterThan(3);
    expect(lora?.frontier).toEqual([0, 1, 2]);
    expect(derived.reference?.y).toBe(0.1);
    expect(derived.reference?.x).toBeCloseTo(1.05 * 19_900_000, 3);
    // The baseline's area by hand: three steps from the dearest network down.
    const [s, m, l] = (data.baselines[0]?.stitches ?? []).map(({ macs, metrics }) => ({
      macs,
      y: metrics.test?.accuracy ?? 0,
    }));
    if (s === undefined || m === undefined || l === undefined) throw new Error("unreachable");
    const x = derived.reference?.x ?? 0;
    const area = (x - s.macs) * (s.y - 0.1) + (x - m.macs) * (m.y - s.y) + (x - l.macs) * (l.y - m.y);
    expect(lora?.hypervolume).toBeCloseTo(area, 3);
    expect(lora?.hypervolume_scaled).toBeCloseTo(area / (x * 0.9), 12);
  });

  it("writes its configuration as YAML that reads back", () => {
    const block = report.toMarkdown().match(/```yaml\n([\s\S]*?)\n```/)?.[1] ?? "";
    expect(parse(block)).toEqual(data.config);
  });

  it("is the same every time", async () => {
    const other = makeReport(sampleReport());
    expect((await report.toHTML()) === (await other.toHTML())).toBe(true);
    expect(other.toMarkdown()).toBe(report.toMarkdown());
    expect(other.toString()).toBe(report.toString());
  });

  it("lets nothing from outside become markup", async () => {
    const evil = `<img src=x onerror=alert(1)>"'|\`[a](b)\n# head`;
    const { stitches, environment, baselines } = data;
    const injected = makeReport({
      ...data,
      title: evil,
      stitches: stitches.map((stitch) => ({ ...stitch, name: evil })),
      baselines: baselines.map((baseline) => ({ ...baseline, name: evil })),
      task: { ...data.task, data: evil },
      config: { [evil]: `\`\`\`\n${evil}</pre><script>` },
      environment: { ...environment, platform: evil },
      commands: [evil],
      notes: [evil],
    });
    const page = (await injected.toHTML()).replaceAll(/<script[\s\S]*?<\/script>/g, "");
    expect(/<img|<script|onerror=alert\(1\)>"/.test(page)).toBe(false);
    const outside = injected.toMarkdown().replaceAll(/^(`{3,})[^\n]*\n[\s\S]*?^\1$/gm, "");
    expect(outside).not.toMatch(/(?<!\\)<img|(?<!\\)`|(?<!\\)\[a/);
    expect(outside.split("\n").filter((line) => line.startsWith("# "))).toHaveLength(1);
  });

  it("has no reference to the network", async () => {
    const page = await report.toHTML();
    const references = [/(src|href)\s*=\s*["']?(https?:)?\/\//i, /@import|url\(\s*["']?https?:/i];
    expect(references.filter((reference) => reference.test(page))).toEqual([]);
  });

  it("stands without baselines, steps, environment, scores or evaluations", async () => {
    const cases = [
      bare(),
      bare({ method: { name: "lora", score: null }, score_momentum: null }),
      bare({ stitches: data.stitches.map(unevaluated) }),
      bare({ stitches: [] }),
      bare({ stitches: data.stitches.map((stitch) => ({ ...stitch, in_palette: false })) }),
    ];
    for (const changed of cases) {
      const made = makeReport(changed);
      expect(visibleText(await made.toHTML())).not.toMatch(/undefined|NaN|\[object|null/);
      for (const text of [made.toMarkdown(), made.toString()])
        expect(text).not.toMatch(/undefined|NaN|\[object/);
    }
    expect(makeReport(cases[2] as ReportData).toString()).toContain(
      "No stitch was evaluated on the test split yet.",
    );
    expect(makeReport(cases[1] as ReportData).toString()).not.toContain("chosen by the scores");
  });

  it("warns where the frontier stands on the split that it is chosen on, and drops metrics that were not finite", () => {
    const text = makeReport({ ...data, split: "validation" }).toString();
    expect(text).toContain("a stitch chosen on it looks better there than it is");
    const [first, ...rest] = data.stitches as [ReportStitch, ...ReportStitch[]];
    const broken = makeReport({
      ...data,
      stitches: [{ ...first, metrics: { test: { accuracy: null, loss: null } } }, ...rest],
    });
    expect(broken.summary.own.rows.some(({ id }) => id === first.id)).toBe(false);
  });

  it("finds the metric of the task also under its other spelling", () => {
    const stitches = data.stitches.map((stitch) => ({
      ...stitch,
      metrics: { test: { macro_f1: 0.5 + stitch.id / 100 } },
    }));
    const made = makeReport({ ...data, baselines: [], stitches, task: { ...data.task, metric: "macro-f1" } });
    expect(made.summary.metric).toBe("macro_f1");
    expect(made.toString()).toContain("Macro F1");
  });

  it("makes the results chart for another split, cost and bounds", () => {
    const chart = makeResultsChart(data, {
      split: "validation",
      cost: "params",
      constraints: { params: { max: 5e5 } },
    });
    expect(chart.title).toBe("Accuracy on the validation split against Parameters");
    expect(JSON.stringify(chart.toJSON())).toContain("Outside the bounds");
  });
});

describe("training history", () => {
  const step = (n: number, stitch: number, score: number | null, loss: number | null) => {
    return { step: n, stitches: [stitch], scores: [score], loss };
  };

  it("averages scores as the engine does: corrected for the start, per stitch, gaps skipped", () => {
    const steps = [step(1, 0, 2, 1), step(2, 1, 10, 1), step(3, 0, 4, 1), step(4, 0, null, 1)];
    const points = scoreCurves(steps, 0.9);
    const of = (stitch: number) =>
      points.filter((point) => point.stitch === stitch).map(({ score }) => score);
    const second = (0.9 * 0.1 * 2 + 0.1 * 4) / (1 - 0.81);
    expect(of(0)).toEqual([2, 2, second, second].map((value) => expect.closeTo(value, 12)));
    expect(of(1)).toEqual([10, 10, 10].map((value) => expect.closeTo(value, 12)));
  });

  it("a momentum of 0 keeps the last score, and of 1 the mean", () => {
    const steps = [step(1, 0, 2, 1), step(2, 0, 5, 1)];
    expect(scoreCurves(steps, 0).at(-1)?.score).toBe(5);
    expect(scoreCurves(steps, 1).at(-1)?.score).toBe(3.5);
  });

  it("finds the running training loss of each stitch, unless steps drew several", () => {
    const step = (number: number, stitches: number[], loss: number | null) => ({
      ...{ step: number, stitches, loss, scores: [0] },
    });
    const steps = [step(1, [3], 2), step(2, [5], 1), step(3, [3], 4), step(4, [5], null)];
    const scores = trainingLossScores(steps, 0.5);
    expect([...(scores ?? [])]).toEqual([
      [3, -(0.25 * 2 + 0.5 * 4) / 0.75],
      [5, -1],
    ]);
    expect(trainingLossScores([...steps, step(5, [3, 5], 1)], 0.5)).toBeNull();
    expect(trainingLossScores([], 0.5)).toBeNull();
  });

  it("shows losses in few points that stay among them, and skips steps without one", () => {
    const losses = fc.array(fc.option(fc.integer({ min: 0, max: 100 })), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(losses, fc.integer({ min: 1, max: 50 }), (values, most) => {
        const known = values.filter((value) => value !== null);
        const curve = lossCurve(
          values.map((loss, i) => step(i + 1, 0, null, loss)),
          most,
        );
        expect(curve.length).toBeLessThanOrEqual(most);
        if (known.length === 0) expect(curve).toEqual([]);
        for (const { loss, smooth } of curve) {
          for (const value of [loss, smooth]) {
            expect(value).toBeGreaterThanOrEqual(Math.min(...known) - 1e-9);
            expect(value).toBeLessThanOrEqual(Math.max(...known) + 1e-9);
          }
        }
        const last = values.findLastIndex((value) => value !== null);
        expect(curve.at(-1)?.step).toBe(last < 0 ? undefined : last + 1);
      }),
    );
  });
});

it("names a file for each of its charts", () => {
  const charts = makeReport(sampleReport()).namedCharts();
  expect(Object.keys(charts)).toEqual(["frontier", "training-loss", "draws-of-each-stitch", "scores-snip"]);
  expect(charts["training-loss"]?.title).toBe("Training loss");
});
