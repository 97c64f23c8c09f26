/** What a comparison says, once, as words and tables; page, Markdown and text differ in form only. */
import { fieldOf, formatField, formatSeconds, MISSING } from "../fields.js";
import type { PairedComparison } from "../paired-comparison.js";
import { type ContentTable, left, right } from "../report/content.js";
import { costTable, environmentTable } from "./cost-content.js";
import type { ComparisonData } from "./data.js";
import { makeComparisonNotes } from "./notes.js";
import { type ArmSummary, type BudgetView, type ComparisonSummary, meanOf } from "./summary.js";
import {
  amountText,
  areaText,
  bestLabel,
  capitalised,
  differenceText,
  known,
  meanOfKnown,
  meanText,
  plain,
  plainDeviation,
  plural,
  signed,
  signedArea,
  spread,
} from "./words.js";

export interface ComparisonContent {
  readonly title: string;
  readonly lead: string;
  /** One table for each way of giving the arms the same budget that some arm has. */
  readonly views: readonly { readonly title: string; readonly table: ContentTable }[];
  readonly budgets: ContentTable | null;
  readonly choice: ContentTable | null;
  readonly rankings: ContentTable | null;
  /** The reference beside arms that tuned some of its stitches one by one. */
  readonly same: ContentTable | null;
  readonly cost: ContentTable;
  readonly environment: ContentTable;
  readonly notes: readonly string[];
}

export function makeComparisonContent(data: ComparisonData, summary: ComparisonSummary): ComparisonContent {
  return {
    title: data.title,
    lead: makeLead(data),
    views: makeViews(data, summary),
    budgets: budgetTable(summary),
    choice: choiceTable(summary),
    rankings: rankingTable(summary),
    same: sameTable(data, summary),
    cost: costTable(summary),
    environment: environmentTable(data),
    notes: makeComparisonNotes(data, summary),
  };
}

function makeLead({ arms, task, family, split, reference }: ComparisonData): string {
  const seeds = new Set(arms.flatMap(({ runs }) => runs.map(({ seed }) => seed)));
  const runs = arms.reduce((sum, arm) => sum + arm.runs.length, 0);
  return (
    `${plural(arms.length, "arm")} on ${task.data} with the family ${family}: ${plural(runs, "run")}, ` +
    `${plural(seeds.size, "seed")}, measured on the ${split} split. Differences are to ${reference}.`
  );
}

const VIEWS: readonly (readonly [BudgetView, string])[] = [
  ["steps", "At equal steps"],
  ["time", "At equal training time"],
  ["other", "At other budgets"],
];

function makeViews(data: ComparisonData, summary: ComparisonSummary) {
  const reference = summary.arms.filter(({ view }) => view === "reference");
  const tables = VIEWS.flatMap(([view, title]) => {
    const arms = summary.arms.filter((arm) => arm.view === view);
    return arms.length === 0 ? [] : [{ title, table: viewTable(title, [...reference, ...arms], summary) }];
  });
  if (tables.length > 0) return tables;
  return [{ title: "Measured", table: viewTable(data.reference, reference, summary) }];
}

function viewTable(caption: string, arms: readonly ArmSummary[], summary: ComparisonSummary): ContentTable {
  const others = arms.filter(({ view }) => view !== "reference");
  const level = others.find(({ paired }) => paired !== null)?.paired?.level ?? 0.95;
  return {
    caption,
    columns: [
      left("Arm"),
      ...[right("Hypervolume"), right("Difference"), right(`${Math.round(100 * level)} % interval`)],
      ...[right(capitalised(bestLabel(summary.metric))), right("Difference")],
      ...[right("Networks"), right("Seeds"), right("Steps"), right("Training time")],
    ],
    rows: arms.map(({ arm, runs, paired }) => [
      arm.name,
      spread(
        runs.map(({ hypervolume }) => hypervolume),
        areaText,
      ),
      ...difference(paired, "hypervolume", signedArea),
      meanText(
        meanOf(runs, ({ best }) => best),
        (value) => formatField(summary.metric, value),
      ),
      ...difference(paired, "best", (value) => differenceText(summary.metric, value)).slice(0, 1),
      meanText(
        meanOf(runs, ({ palette }) => palette.length),
        plain,
      ),
      String(runs.length),
      meanText(
        meanOf(arm.runs, ({ cost }) => cost.steps),
        plain,
      ),
      meanText(
        meanOf(arm.runs, ({ cost }) => cost.seconds),
        formatSeconds,
      ),
    ]),
  };
}

/** Difference and interval of one measure against the reference. */
function difference(
  paired: PairedComparison | null,
  name: string,
  text: (value: number) => string,
): [string, string] {
  const measure = paired?.measures.find((one) => one.name === name);
  if (measure === undefined) return [MISSING, MISSING];
  const { low, high } = measure;
  const interval = low === null || high === null ? MISSING : `${text(low)} to ${text(high)}`;
  return [text(measure.difference), interval];
}

/** Best metric that round budgets buy, where every run can afford them. */
function budgetTable({ arms, metric, axes }: ComparisonSummary): ContentTable | null {
  const paired = arms.flatMap((arm) => (arm.paired === null ? [] : [{ name: arm.arm.name, ...arm.paired }]));
  const budgets = [...new Set(paired.flatMap(({ measures }) => measures.map(({ budget }) => budget)))]
    .filter((budget) => budget !== null)
    .sort((a, b) => a - b);
  if (budgets.length === 0) return null;
  const text = (value: number) => differenceText(metric, value);
  return {
    caption: `Difference of the ${bestLabel(metric)} within a budget of ${fieldOf(axes.x.key).label}`,
    columns: [left("Arm"), ...budgets.map((budget) => right(formatField(axes.x.key, budget)))],
    rows: paired.map(({ name, measures }) => [
      name,
      ...budgets.map((budget) => {
        const measure = measures.find((one) => one.budget === budget);
        if (measure === undefined) return MISSING;
        const { low, high } = measure;
        const interval = low === null || high === null ? "" : ` (${text(low)} to ${text(high)})`;
        return text(measure.difference) + interval;
      }),
    ]),
  };
}

/** How good the choice of the palette was, where all stitches were measured. */
function choiceTable({ arms, metric }: ComparisonSummary): ContentTable | null {
  const judged = arms.filter(({ runs }) => runs.some(({ choice }) => choice !== null));
  const count = intervalCount(judged);
  if (count === 0) return null;
  return {
    caption:
      "Regret of the palette by cost interval, cheapest first, and its hypervolume over the best palette's",
    columns: [
      left("Arm"),
      ...Array.from({ length: count }, (_, i) => right(`Interval ${i + 1}`)),
      ...[right("Mean regret"), right("Over the best of its size"), right("Over all stitches")],
    ],
    rows: judged.map(({ arm, runs }) => {
      const choices = runs.map(({ choice }) => choice).filter((choice) => choice !== null);
      const regret = (value: number) => amountText(metric, value);
      return [
        arm.name,
        ...Array.from({ length: count }, (_, i) =>
          meanText(
            meanOfKnown(
              choices.map((choice) => choice.intervals.find(({ interval }) => interval === i)?.regret),
            ),
            regret,
          ),
        ),
        meanText(meanOfKnown(choices.map((choice) => choice.regret)), regret),
        spread(known(choices.map(({ share_of_best }) => share_of_best)), areaText),
        spread(known(choices.map(({ share_of_all }) => share_of_all)), areaText),
      ];
    }),
  };
}

/** Kendall's tau and regret of each score, by cost interval. */
function rankingTable({ arms, metric }: ComparisonSummary): ContentTable | null {
  const rows = arms.flatMap(({ arm, runs }) => {
    const scores = [...new Set(runs.flatMap(({ rankings }) => rankings.map(({ score }) => score)))];
    return scores.map((score) => ({
      ...{ arm: arm.name, score, chose: arm.runs.some((run) => run.score === score) },
      rankings: runs.flatMap((run) =>
        run.rankings.filter((one) => one.score === score).map((one) => one.ranking),
      ),
    }));
  });
  const count = Math.max(
    0,
    ...rows.flatMap(({ rankings }) =>
      rankings.flatMap((one) => one.intervals.map(({ interval }) => interval + 1)),
    ),
  );
  if (count === 0) return null;
  const amount = (value: number) => amountText(metric, value);
  return {
    caption:
      "Kendall's tau of each score with the metric by cost interval, and the regret of its first choice",
    columns: [
      ...[left("Arm"), left("Score (* chose)")],
      ...Array.from({ length: count }, (_, i) => right(`Interval ${i + 1}`)),
      ...[right("Mean tau"), right("Mean regret"), right("Random regret")],
    ],
    rows: rows.map(({ arm, score, chose, rankings }) => [
      ...[arm, chose ? `${score} *` : score],
      ...Array.from({ length: count }, (_, i) =>
        meanText(
          meanOfKnown(rankings.map((one) => one.intervals.find(({ interval }) => interval === i)?.tau)),
          signed,
        ),
      ),
      spread(known(rankings.map(({ tau }) => tau)), signed, plainDeviation),
      meanText(meanOfKnown(rankings.map(({ regret }) => regret)), amount),
      meanText(meanOfKnown(rankings.map(({ random_regret }) => random_regret)), amount),
    ]),
  };
}

/** What sharing costs in quality, and saves in steps. */
function sameTable({ reference }: ComparisonData, { arms }: ComparisonSummary): ContentTable | null {
  const rows = arms.flatMap(({ arm, same_stitches: same }) =>
    same === null
      ? []
      : [
          [
            ...[arm.name, String(same.stitches), spread(same.shares, areaText), String(same.shares.length)],
            meanText(same.steps_share, (share) => `${(100 * share).toPrecision(3)} %`),
          ],
        ],
  );
  if (rows.length === 0) return null;
  return {
    caption: `${reference} beside its own stitches tuned one by one`,
    columns: [
      ...[left("Arm"), right("Stitches"), right("Hypervolume over theirs"), right("Seeds")],
      right("Steps over those of tuning every stitch so"),
    ],
    rows,
  };
}

function intervalCount(arms: readonly ArmSummary[]): number {
  const ids = arms.flatMap(({ runs }) =>
    runs.flatMap(({ choice }) => (choice?.intervals ?? []).map(({ interval }) => interval + 1)),
  );
  return Math.max(0, ...ids);
}
