/** Examples by budget in the report: both kinds, in every form, from hostile texts too. */
import { describe, expect, it } from "vitest";
import { makeExamples } from "../../../ts/analysis/report/samples.js";
import { makeReport } from "../../../ts/analysis/report.js";
import type { ReportData, ReportSample } from "../../../ts/analysis/report-data.js";
import { sampleReport } from "./sample-report.js";

const IMAGE = "data:image/png;base64,iVBORw0KGgo=";
const seen = (stitch: number, example: number, rest: object = {}): ReportSample => ({
  ...{ kind: "classification", split: "test", stitch, example, expected: "cat" },
  ...{ predicted: "cat", probability: 0.873, image: IMAGE, ...rest },
});
const said = (stitch: number, example: number, answer: string | null, rest: object = {}): ReportSample => ({
  ...{ kind: "answer", split: "test", stitch, example, expected: "four", answer, cut: false },
  ...{ prompt: [{ role: "user", content: "2 + 2?" }], ...rest },
});
const withSamples = (samples: readonly ReportSample[]): ReportData => ({ ...sampleReport(), samples });

describe("examples", () => {
  it("come a row an example, a column a network, cheapest first, whatever the order of the lines", () => {
    // Stitches 0, 1 and 2 are the anchors, in order of cost; 7 lies between.
    const lines = [seen(2, 9), seen(0, 9, { predicted: "dog", probability: 0.5 }), seen(7, 4), seen(2, 4)];
    const made = makeExamples(withSamples(lines));
    const costs = sampleReport().stitches.map(({ macs }) => macs);
    const ids = made?.columns.map(({ stitch }) => stitch) ?? [];
    expect([...ids].sort()).toEqual([0, 2, 7]);
    expect(ids).toEqual([...ids].sort((a, b) => (costs[a] ?? 0) - (costs[b] ?? 0)));
    expect(made?.rows.map(({ title }) => title)).toEqual(["Example 9", "Example 4"]);
    const cells = made?.rows[0]?.cells ?? [];
    expect(cells[ids.indexOf(0)]).toEqual({ said: "dog 50.0 %", isRight: false });
    expect(cells[ids.indexOf(2)]).toEqual({ said: "cat 87.3 %", isRight: true });
    expect(cells[ids.indexOf(7)]).toBeNull();
  });

  it("are none where the run noted none", async () => {
    expect(makeExamples(sampleReport())).toBeNull();
    expect(await makeReport(sampleReport()).toHTML()).not.toContain("Examples by budget");
  });

  it("of language models show question, expected answer and each answer, cut or broken ones as such", () => {
    const talk = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "2 + 2?" },
    ];
    const lines = [
      said(0, 1, "4, I think", { cut: true }),
      said(1, 1, null),
      said(2, 1, " "),
      said(0, 2, "four", { prompt: talk }),
    ];
    expect(makeExamples(withSamples([said(0, 1, "a\u0000\u001bb\n\tc")]))?.rows[0]?.cells[0]?.said).toBe(
      "a��b\n\tc",
    );
    const [first, second] = makeExamples(withSamples(lines))?.rows ?? [];
    expect(first).toMatchObject({ given: "2 + 2?", expected: "four" });
    expect(first?.cells.map((cell) => cell?.said)).toEqual([
      "4, I think ...",
      "(numbers were not finite)",
      "(says nothing)",
    ]);
    expect(second?.given).toBe("system: Be brief.\nuser: 2 + 2?");
  });

  it("stand in the page, the Markdown and the JSON, before the cost of training", async () => {
    const lines = [said(0, 1, "2 and 2 is 4"), said(2, 1, "four"), said(0, 3, "no idea"), said(2, 3, "five")];
    const report = makeReport(withSamples(lines));
    for (const text of [await report.toHTML(), report.toMarkdown()]) {
      const start = text.indexOf("Examples by budget");
      const end = text.indexOf("Training cost beside the baselines");
      const section = text.slice(start, end);
      expect(start).toBeGreaterThan(0);
      const places = ["2 and 2 is 4", "four", "no idea", "five"].map((answer) => section.indexOf(answer));
      expect(places.every((place) => place > 0)).toBe(true);
    }
    expect(report.toJSON().samples).toEqual(lines);
  });

  it("of texts are marked right or wrong in words as well", async () => {
    const text = { image: undefined, text: "A fine film", text_pair: "It is praised" };
    const report = makeReport(withSamples([seen(0, 1, { ...text, predicted: "dog" }), seen(2, 1, text)]));
    const page = await report.toHTML();
    expect(page).toContain("A fine film\n/ It is praised");
    expect(page).toContain('aria-label="wrong"');
    expect(page).toContain('aria-label="right"');
    const markdown = report.toMarkdown();
    expect(markdown).toContain("(wrong)");
    expect(markdown).toContain("(right)");
  });

  it("load nothing from anywhere, and break out of nothing", async () => {
    const nasty = '"><img src=x onerror=alert(1)>|</td>\n# heading';
    const lines = [
      seen(0, 1, { image: "https://example.org/a.png", expected: nasty, predicted: nasty }),
      seen(0, 2),
      said(1, 3, nasty, { prompt: [{ role: "user", content: nasty }] }),
    ];
    const report = makeReport(withSamples(lines));
    const page = await report.toHTML();
    expect(page).not.toContain("example.org/a.png");
    expect(page).not.toContain("<img src=x");
    expect([...page.matchAll(/<img [^>]*src="([^"]*)"/g)].map(([, source]) => source)).toEqual([IMAGE]);
    expect(report.toMarkdown()).not.toMatch(/^# heading/m);
  });
});
