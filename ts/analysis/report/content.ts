/** What a report says, once, as words and tables; the page, the Markdown and the text differ in form only. */
import {
  type Field,
  fieldOf,
  formatAs,
  formatCount,
  formatDifference,
  formatField,
  formatSeconds,
  MISSING,
} from "../fields.js";
import { measuredOn } from "../points.js";
import type { ReportData, ReportStitch } from "../report-data.js";
import { makeNotes } from "./notes.js";
import { costKeys, evaluatedSplits, methodLabel, routeText, type StitchRow } from "./points.js";
import { type Examples, makeExamples } from "./samples.js";
import type { ReportSummary, RunSummary } from "./summary.js";

export interface ContentColumn {
  readonly header: string;
  readonly align: "left" | "right";
  /** Left out where there is little room, as in a terminal. */
  readonly isExtra?: boolean;
}

export interface ContentTable {
  readonly caption: string;
  readonly columns: readonly ContentColumn[];
  readonly rows: readonly (readonly string[])[];
}

/** A figure that a reader should see first. */
export interface KeyFigure {
  readonly label: string;
  readonly value: string;
  readonly detail: string;
}

export interface ReportContent {
  readonly title: string;
  readonly lead: string;
  readonly figures: readonly KeyFigure[];
  readonly frontier: ContentTable;
  readonly palette: ContentTable;
  /** Null where the run noted none. */
  readonly examples: Examples | null;
  readonly comparison: ContentTable;
  readonly gains: readonly string[];
  readonly environment: ContentTable;
  readonly notes: readonly string[];
}

export function makeContent(data: ReportData, summary: ReportSummary): ReportContent {
  return {
    title: data.title,
    lead: makeLead(data),
    figures: makeFigures(data, summary),
    frontier: frontierTable(data, summary),
    palette: paletteTable(data),
    examples: makeExamples(data),
    comparison: comparisonTable(summary),
    gains: summary.gains.map((gain) => gainSentence(gain, summary)),
    environment: environmentTable(data),
    notes: makeNotes(data, summary),
  };
}

function makeLead(data: ReportData): string {
  const { family, task, method, stitches } = data;
  const anchors = family.anchors.map(({ name }) => name).join(", ");
  const kept = stitches.filter(({ in_palette }) => in_palette).length;
  const classes = task.classes === null ? "" : `, ${task.classes} classes`;
  return (
    `The family ${family.name} (${plural(family.anchors.length, "anchor")}: ${anchors}) was adapted to ` +
    `${task.data} (${task.type.replaceAll("-", " ")}${classes}) with ${methodLabel(method.name)}. ` +
    `Of ${plural(stitches.length, "stitch", "stitches")}, ${kept} are in the palette.`
  );
}

function makeFigures(data: ReportData, summary: ReportSummary): KeyFigure[] {
  const { own, axis, metric, split } = summary;
  const figures: KeyFigure[] = [];
  const label = fieldOf(axis).label;
  if (own.best !== null) {
    figures.push({
      label: `Best ${fieldOf(metric).label.toLowerCase()} (${split})`,
      value: formatField(metric, own.best[metric]),
      detail: `${own.best.name}, ${formatField(axis, own.best[axis])} ${label}`,
    });
  }
  if (own.hypervolume !== null) {
    figures.push({
      label: "Hypervolume",
      value: areaText(own),
      detail:
        summary.baselines.map((run) => `${run.name}: ${areaText(run)}`).join(", ") || "reference point below",
    });
  }
  const costs = measuredOn(data.stitches, [axis as "macs"]).map((stitch) => stitch[axis as "macs"]);
  if (costs.length > 0) {
    const [low, high] = [costs.reduce((a, b) => Math.min(a, b)), costs.reduce((a, b) => Math.max(a, b))];
    figures.push({
      label: "Range of budgets",
      value: `${formatField(axis, low)} to ${formatField(axis, high)}`,
      detail: `${label}, ${plural(data.deployment.intervals.length, "interval")}`,
    });
  }
  if (own.cost.trainable_params !== null) {
    figures.push({
      label: "Trainable parameters",
      value: formatField("params", own.cost.trainable_params),
      detail: own.cost.seconds === null ? "" : `trained in ${formatSeconds(own.cost.seconds)}`,
    });
  }
  return figures;
}

/** The best and the worst of it, so that nobody has to look for what the palette costs. */
function gainSentence(
  { over, largest, smallest }: ReportSummary["gains"][number],
  { metric, axis }: ReportSummary,
): string {
  const at = ({ gain, cost }: typeof largest) =>
    `${gainText(fieldOf(metric), gain)} at up to ${formatField(axis, cost)} ${fieldOf(axis).label}`;
  const head = `Against ${over} at equal cost: largest gain ${at(largest)}`;
  if (largest.gain <= 0) return `${head.replace("largest gain", "at best")}; largest loss ${at(smallest)}.`;
  return smallest.gain < 0 ? `${head}; largest loss ${at(smallest)}.` : `${head}; a loss at no cost.`;
}

/** An improvement of a metric: of shares in points, always with its sign; in words where less is better. */
export function gainText(metric: Field, gain: number): string {
  if (metric.better === "less") {
    const way = gain < 0 ? "higher" : "lower";
    return `${formatAs(metric.format, Math.abs(gain))} ${way} ${metric.label.toLowerCase()}`;
  }
  return formatDifference(metric.format, gain);
}

export const left = (header: string) => ({ header, align: "left" }) as const;
export const right = (header: string) => ({ header, align: "right" }) as const;

function frontierTable(data: ReportData, { own, axis, metric, split }: ReportSummary): ContentTable {
  const costs = [...new Set([axis, ...costKeys(data)])];
  // Where stitches beside the palette were evaluated, the frontier may hold some of them.
  const hasOthers = own.kept.length < own.rows.length;
  return {
    caption: `Pareto frontier on the ${split} split, cheapest first`,
    columns: [
      ...[right("Id"), left("Stitch"), { ...left("Route"), isExtra: true }],
      right(fieldOf(metric).label),
      ...costs.map((key) => right(fieldOf(key).label)),
      ...(hasOthers ? [left("In the palette")] : []),
    ],
    rows: own.frontier.map((row) => [
      ...[String(row.id), row.name, row.route],
      formatField(metric, row[metric]),
      ...costs.map((key) => formatField(key, row[key])),
      ...(hasOthers ? [row.in_palette ? "yes" : "no"] : []),
    ]),
  };
}

const MEMORY = ["memory_bytes"] as const;
const MEMORY_AND_LATENCY = ["memory_bytes", "latency_ms"] as const;

/** Whole palette; where a run has none, what it evaluated. */
function paletteTable(data: ReportData): ContentTable {
  const kept = data.stitches.filter(({ in_palette }) => in_palette);
  const shown =
    kept.length > 0 ? kept : data.stitches.filter(({ metrics }) => Object.keys(metrics).length > 0);
  const measured = evaluatedSplits(data).flatMap((split) => {
    const metrics = new Set(shown.flatMap((stitch) => Object.keys(stitch.metrics[split] ?? {})));
    return [...metrics].map((metric) => ({ split, metric }));
  });
  const sorted = [...shown].sort((a, b) => a.macs - b.macs || a.id - b.id);
  const more = data.latency === null ? MEMORY : MEMORY_AND_LATENCY;
  return {
    caption: `${plural(shown.length, "stitch", "stitches")}${kept.length > 0 ? " of the palette" : ""}, cheapest first`,
    columns: [
      ...[
        right("Id"),
        left("Stitch"),
        { ...left("Route"), isExtra: true },
        right("MACs"),
        right("Parameters"),
        ...more.map((key) => ({ ...right(fieldOf(key).label), isExtra: true })),
      ],
      ...[right("Interval"), right("Score"), right("Draws")],
      ...measured.map(({ split, metric }) => {
        const isExtra = fieldOf(metric).label !== fieldOf(data.task.metric).label;
        return { ...right(`${fieldOf(metric).label} (${split})`), isExtra };
      }),
    ],
    rows: sorted.map((stitch) => [
      ...[String(stitch.id), stitch.name, routeText(stitch.route, data)],
      ...[formatField("macs", stitch.macs), formatField("params", stitch.params)],
      ...more.map((key) => formatField(key, stitch[key])),
      String(stitch.interval),
      ...[formatField("score", stitch.score), formatCount(stitch.draws)],
      ...measured.map(({ split, metric }) => metricText(stitch, split, metric)),
    ]),
  };
}

function metricText(stitch: ReportStitch, split: string, metric: string): string {
  return formatField(metric, stitch.metrics[split]?.[metric]);
}

/** What each run took and what it gave. */
function comparisonTable(summary: ReportSummary): ContentTable {
  const runs = [summary.own, ...summary.baselines];
  return {
    caption: "Total training cost and what it bought",
    columns: [
      ...[
        left("Run"),
        { ...right("Networks"), isExtra: true },
        right(`Best ${fieldOf(summary.metric).label.toLowerCase()}`),
      ],
      ...[right("Hypervolume"), right("Steps"), right("Training time"), right("Trainable parameters")],
      ...[right("Trained state"), right("Memory (estimate)")].map((column) => ({ ...column, isExtra: true })),
    ],
    rows: runs.map((run) => [
      ...[run.name, String(run.kept.length), bestText(run, summary.metric), areaText(run)],
      ...[formatCount(run.cost.steps), formatSeconds(run.cost.seconds)],
      formatField("params", run.cost.trainable_params),
      ...[formatAs("bytes", run.cost.trainable_bytes), formatAs("bytes", run.cost.training_bytes)],
    ]),
  };
}

function bestText({ best }: RunSummary, metric: string): string {
  return best === null ? MISSING : formatField(metric, (best as StitchRow)[metric]);
}

function areaText({ hypervolume }: RunSummary): string {
  if (hypervolume === null) return MISSING;
  return hypervolume.scaled === null ? hypervolume.value.toPrecision(4) : hypervolume.scaled.toFixed(3);
}

function environmentTable({ environment, run_id, created }: ReportData): ContentTable {
  const { git, seeds = {}, packages = {} } = environment ?? {};
  const rows: (readonly [string, string | number | null | undefined])[] = [
    ["Run", run_id],
    ["Started", created],
    ["Python", environment?.python],
    ["Platform", environment?.platform],
    ["Device", [environment?.device, environment?.device_name].filter(Boolean).join(", ")],
    ["Threads", environment?.threads],
    ["Commit", git ? `${git.commit}${git.dirty ? " (with uncommitted changes)" : ""}` : null],
    [
      "Seeds",
      Object.entries(seeds)
        .map(([name, value]) => `${name} ${value}`)
        .join(", "),
    ],
    [
      "Packages",
      Object.entries(packages)
        .map(([name, version]) => `${name} ${version}`)
        .join(", "),
    ],
  ];
  return {
    caption: "Environment of the run",
    columns: [left("What"), left("Value")],
    rows: rows.flatMap(([what, value]) =>
      value === null || value === undefined || value === "" ? [] : [[what, String(value)]],
    ),
  };
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
