/** The report of a run: one object that is a page, Markdown, JSON or text. */
import { scoreOfSteps } from "../config/schema/method.js";
import type { Chart, ImageOptions, TextOptions } from "./charts/chart.js";
import { makeResultsChart } from "./charts/results.js";
import { makeDrawsChart, makeLossChart, makeScoresChart } from "./charts/training.js";
import { DISPLAY, type Displayable, type MediaBundle } from "./display.js";
import type { LargestGain } from "./gain.js";
import { makeContent, type ReportContent } from "./report/content.js";
import type { StitchRow } from "./report/points.js";
import { type ReportSummary, summarise } from "./report/summary.js";
import { reportMarkdown, reportText } from "./report/text.js";
import type { ReportData } from "./report-data.js";

/** What a run gave, beside the runs that were set against it; made by `makeRunReport`. */
export class Report implements Displayable {
  readonly data: ReportData;
  readonly summary: ReportSummary;
  /** The frontier, baselines beside it. */
  readonly chart: Chart;
  readonly #content: ReportContent;

  constructor(data: ReportData) {
    this.data = data;
    this.summary = summarise(data);
    this.chart = makeResultsChart(data);
    this.#content = makeContent(data, this.summary);
  }

  /** One file without any network reference. */
  async toHTML(): Promise<string> {
    const { reportPage } = await import("./report/page.js");
    return reportPage(this.#content, this.data, { results: this.chart, training: this.trainingCharts() });
  }

  /** The frontier alone, as a drawing. */
  async toSVG(options: ImageOptions = {}): Promise<string> {
    return this.chart.toSVG(options);
  }

  toMarkdown(): string {
    return reportMarkdown(this.#content, this.data, this.chart.toString());
  }

  /** The data, and what was derived of them under `derived`. */
  toJSON(): ReportData & { readonly derived: DerivedJson } {
    const { split, metric, axis, own, baselines, gains, reference } = this.summary;
    const derived: DerivedJson = {
      ...{ split, metric, axis, reference },
      runs: [own, ...baselines].map((run) => ({
        name: run.name,
        frontier: run.frontier.map(({ id }) => id),
        best: run.best?.id ?? null,
        hypervolume: run.hypervolume?.value ?? null,
        hypervolume_scaled: run.hypervolume?.scaled ?? null,
      })),
      gains: gains.map(({ over, largest, smallest }) => ({
        over,
        largest: gainJson(largest),
        smallest: gainJson(smallest),
      })),
      notes: this.#content.notes,
    };
    return { ...this.data, derived };
  }

  toString(options: TextOptions = {}): string {
    return reportText(this.#content, this.chart.toString(options));
  }

  /** What notebooks show. */
  async [DISPLAY](): Promise<MediaBundle> {
    return {
      "text/markdown": this.toMarkdown(),
      "image/svg+xml": await this.chart.toSVG(),
      "text/plain": this.toString(),
    };
  }

  /** Every chart by the name of its file. */
  namedCharts(): Record<string, Chart> {
    const training = this.trainingCharts().map((chart) => [chartName(chart.title), chart]);
    return { frontier: this.chart, ...Object.fromEntries(training) };
  }

  /** Loss, draws and scores, as far as the run's steps are known. */
  trainingCharts(): Chart[] {
    const { steps, stitches, method, score_momentum } = this.data;
    if (steps.length === 0) return [];
    const hasDraws = stitches.some(({ draws }) => draws !== null);
    const hasScores =
      method.score !== null && steps.some(({ scores }) => scores.some((score) => score !== null));
    return [
      makeLossChart(steps),
      ...(hasDraws ? [makeDrawsChart(stitches)] : []),
      ...(hasScores
        ? [
            makeScoresChart(steps, stitches, {
              name: scoreOfSteps(method.score ?? ""),
              momentum: score_momentum ?? 0,
            }),
          ]
        : []),
    ];
  }
}

/** "Draws of each stitch" -> draws-of-each-stitch. */
const chartName = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");

/** Where a gain occurs: the cost, the run's stitch, and the other's. */
export interface GainJson {
  readonly gain: number;
  readonly cost: number;
  readonly stitch: number;
  readonly other: number;
}

function gainJson({ gain, cost, point, anchor }: LargestGain<StitchRow>): GainJson {
  return { gain, cost, stitch: point.id, other: anchor.id };
}

/** What `toJSON` adds to the data. */
export interface DerivedJson {
  readonly split: string;
  readonly metric: string;
  readonly axis: string;
  readonly reference: { readonly x: number; readonly y: number } | null;
  readonly runs: readonly {
    readonly name: string;
    readonly frontier: readonly number[];
    readonly best: number | null;
    readonly hypervolume: number | null;
    readonly hypervolume_scaled: number | null;
  }[];
  /** At equal cost; a loss where `smallest.gain` is negative. */
  readonly gains: readonly {
    readonly over: string;
    readonly largest: GainJson;
    readonly smallest: GainJson;
  }[];
  readonly notes: readonly string[];
}

/** Makes the report; nothing is read, written or drawn yet. */
export function makeReport(data: ReportData): Report {
  return new Report(data);
}
