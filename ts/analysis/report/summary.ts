/** What a report derives from its data: frontier, hypervolumes with one reference, gains, the best stitch. */
import { makeBounds } from "../bounds.js";
import { axesOf } from "../fields.js";
import { paretoFrontier } from "../frontier.js";
import { type GainRange, gainRange } from "../gain.js";
import { type Hypervolume, hypervolume, type Place } from "../hypervolume.js";
import { type Axes, measuredOn } from "../points.js";
import type { ReportData, TrainingCost } from "../report-data.js";
import { baselineRows, methodLabel, metricKey, type StitchRow, stitchRows } from "./points.js";

/** One run on the frontier's axes: the adapted one first, then the baselines. */
export interface RunSummary {
  readonly name: string;
  readonly cost: TrainingCost;
  /** Evaluated stitches. */
  readonly rows: readonly StitchRow[];
  /** Those of them that can be had: of the palette, where there is one. Best and hypervolume are theirs. */
  readonly kept: readonly StitchRow[];
  /** Of all that were evaluated. */
  readonly frontier: readonly StitchRow[];
  readonly best: StitchRow | null;
  /** Null where nothing was evaluated. */
  readonly hypervolume: Hypervolume | null;
}

export interface ReportSummary {
  readonly split: string;
  readonly metric: string;
  readonly axis: string;
  readonly axes: Axes<StitchRow>;
  readonly own: RunSummary;
  readonly baselines: readonly RunSummary[];
  readonly reference: Place | null;
  /** Of the run's frontier over its own whole anchors, and over each baseline's frontier. */
  readonly gains: readonly ({ readonly over: string } & GainRange<StitchRow>)[];
}

export function summarise(data: ReportData): ReportSummary {
  const { split } = data;
  const metric = metricKey(data, split);
  const { axis } = data.deployment;
  const axes = axesOf<StitchRow>(axis, metric);
  const measured = (rows: readonly StitchRow[]) => measuredOn(rows, [axis, metric]);
  const rows = measured(stitchRows(data.stitches, data, split));
  const others = baselineRows(data, split).map((run) => ({ ...run, rows: measured(run.rows) }));
  const all = [rows, ...others.map((run) => run.rows)].flat();
  const bounds = all.length === 0 ? null : makeBounds(all, axes, data.task.guess);
  const describe = (name: string, own: readonly StitchRow[], cost: TrainingCost): RunSummary => {
    const kept = keptOf(own);
    const best = paretoFrontier(kept, axes).at(-1) ?? null;
    const area =
      bounds === null || own.length === 0 ? null : hypervolume(kept, bounds.reference, axes, bounds.ideal);
    return { name, cost, rows: own, kept, frontier: paretoFrontier(own, axes), best, hypervolume: area };
  };
  const own = describe(methodLabel(data.method.name), rows, data.cost);
  const baselines = others.map((run, i) =>
    describe(run.name, run.rows, data.baselines[i]?.cost as TrainingCost),
  );
  const compared = [
    { over: "its own whole anchors", rows: rows.filter(({ anchor }) => anchor) },
    ...baselines.map(({ name, kept }) => ({ over: name, rows: kept })),
  ];
  const gains = compared.flatMap((run) => {
    const range = gainRange(own.kept, run.rows, axes);
    return range === null ? [] : [{ over: run.over, ...range }];
  });
  return { split, metric, axis, axes, own, baselines, gains, reference: bounds?.reference ?? null };
}

/** Stitches that were evaluated beside the palette cannot be exported, so no figure of the run rests on them. */
function keptOf(rows: readonly StitchRow[]): readonly StitchRow[] {
  const kept = rows.filter(({ in_palette }) => in_palette);
  return kept.length > 0 ? kept : rows;
}
