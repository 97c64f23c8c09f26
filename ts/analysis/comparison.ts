/** A comparison of arms on one task: one object that is a page, Markdown, JSON or text, as a run's report is. */
import type { Chart, ImageOptions, TextOptions } from "./charts/chart.js";
import { type ArmDifference, makeDifferencesChart } from "./charts/differences.js";
import { makeFrontiersChart } from "./charts/frontiers.js";
import { type ComparisonContent, makeComparisonContent } from "./comparison/content.js";
import type { ComparisonData } from "./comparison/data.js";
import { type ComparisonJson, comparisonJson } from "./comparison/json.js";
import { type ArmSummary, type ComparisonSummary, summariseComparison } from "./comparison/summary.js";
import { comparisonMarkdown, comparisonText } from "./comparison/text.js";
import { DISPLAY, type Displayable, type MediaBundle } from "./display.js";

/** Runs of one task side by side, those that differ in seeds only as one arm; made by `compareRuns`. */
export class ArmComparison implements Displayable {
  readonly data: ComparisonData;
  readonly summary: ComparisonSummary;
  /** Frontiers over each other. */
  readonly chart: Chart;
  /** Of the hypervolume; null where nothing is paired. */
  readonly differences: Chart | null;
  readonly #content: ComparisonContent;

  /** @throws EstaError("usage") where there is nothing to compare. */
  constructor(data: ComparisonData) {
    this.data = data;
    this.summary = summariseComparison(data);
    this.chart = makeFrontiersChart(
      this.summary.arms.map(({ arm, runs }) => ({
        name: arm.name,
        runs: runs.map(({ seed, palette }) => ({ seed, points: palette })),
      })),
      this.summary.axes,
    );
    this.differences = differencesChart(data.reference, this.summary.arms);
    this.#content = makeComparisonContent(data, this.summary);
  }

  /** The frontiers. */
  toSVG(options: ImageOptions = {}): Promise<string> {
    return this.chart.toSVG(options);
  }

  /** One file without any network reference. */
  async toHTML(): Promise<string> {
    const { comparisonPage } = await import("./comparison/page.js");
    return comparisonPage(this.#content, this.data, { frontiers: this.chart, differences: this.differences });
  }

  toMarkdown(): string {
    return comparisonMarkdown(this.#content, this.data, this.chart.toString());
  }

  /** Small: the measures of each run and arm, the palettes with what was measured of them, where it all comes from. */
  toJSON(): ComparisonJson {
    return comparisonJson(this.data, this.summary, this.#content.notes);
  }

  toString(options: TextOptions = {}): string {
    return comparisonText(this.#content, this.chart.toString(options));
  }

  /** What notebooks show. */
  async [DISPLAY](): Promise<MediaBundle> {
    return {
      "text/markdown": this.toMarkdown(),
      "image/svg+xml": await this.chart.toSVG(),
      "text/plain": this.toString(),
    };
  }
}

function differencesChart(reference: string, arms: readonly ArmSummary[]): Chart | null {
  const first = arms.find(({ view }) => view === "reference");
  const rows = arms.flatMap(({ arm, runs, paired }): ArmDifference[] => {
    const measure = paired?.measures.find(({ name }) => name === "hypervolume");
    if (paired === null || measure === undefined) return [];
    const own = new Map(runs.map(({ seed, hypervolume }) => [seed, hypervolume]));
    const seeds = (first?.runs ?? []).flatMap(({ seed, hypervolume }) => {
      const other = own.get(seed);
      return other === undefined ? [] : [{ seed, difference: other - hypervolume }];
    });
    return [{ arm: arm.name, difference: measure.difference, low: measure.low, high: measure.high, seeds }];
  });
  return rows.length === 0 ? null : makeDifferencesChart(rows, { label: "Hypervolume", reference });
}

/** Derives everything; nothing is read, written or drawn yet. */
export function makeComparison(data: ComparisonData): ArmComparison {
  return new ArmComparison(data);
}
