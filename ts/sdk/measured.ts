/** The stitches of a run with what was measured of them, as the rows that every analysis takes. */

import type { Measured } from "../analysis/points.js";
import type { SplitMetrics } from "../analysis/report-data.js";
import { COST_FIELDS, type CostAxis } from "../config/schema/deployment.js";
import { CHOICE_METRICS } from "../config/schema/task.js";
import type { Split } from "../engine/run-files.js";
import { EstaError } from "../errors.js";
import { isWholeAnchor, type Segment, type Stitch } from "../planning/plan-schema.js";
import { latenciesOf } from "./latencies.js";
import type { Run } from "./open-run.js";

/** One evaluated stitch; the metrics of the split stand beside the costs, under their own names. */
export interface MeasuredStitch extends Measured {
  readonly memory_bytes: number;
  /** Absent where it was not measured. */
  readonly latency_ms?: number;
  readonly route: readonly Segment[];
  readonly interval: number;
  readonly score: number | null;
  readonly draws: number;
  /** Whether the scores chose it, or it is a whole anchor. */
  readonly in_palette: boolean;
  readonly is_anchor: boolean;
}

export interface MeasuredOptions {
  /** Batch size of the latencies; that of the last measurement unless given. */
  readonly batchSize?: number | undefined;
}

/** Every stitch of the run that was evaluated on `split`, in order of id. */
export function measuredStitches(run: Run, split: Split, options: MeasuredOptions = {}): MeasuredStitch[] {
  const latencies = latenciesOf(run, options.batchSize)?.median_ms;
  const chosen = new Map(run.palette?.stitches.map((stitch) => [stitch.id, stitch]));
  return [...metricsByStitch(run)]
    .flatMap(([id, { [split]: values }]) => (values === undefined ? [] : [{ id, values }]))
    .sort((a, b) => a.id - b.id)
    .map(({ id, values }) => {
      const { name, route, macs, params, memory_bytes, interval } = plannedStitch(run, id);
      const latency_ms = latencies?.get(id);
      const { score = null, draws = 0 } = chosen.get(id) ?? {};
      return {
        id,
        name,
        route,
        ...{ macs, params, memory_bytes },
        ...(latency_ms === undefined ? {} : { latency_ms }),
        interval,
        score,
        draws,
        is_anchor: isWholeAnchor({ route }),
        in_palette: chosen.has(id),
        ...values,
      };
    });
}

/** Stitch -> split -> what was measured of it there, the last measurement where there are several. */
export function metricsByStitch({ evaluations }: Run): Map<number, SplitMetrics> {
  const found = new Map<number, SplitMetrics>();
  for (const { stitch, split, metrics } of evaluations) {
    found.set(stitch, { ...found.get(stitch), [split]: metrics });
  }
  return found;
}

function plannedStitch(run: Run, id: number): Stitch {
  const stitch = run.plan.stitches[id];
  if (stitch === undefined) {
    throw new EstaError(
      "configuration",
      `an evaluation in ${run.folder} names stitch ${id}, which the plan has not`,
      {
        hint: "The run folder was changed by hand; restore it, or run again.",
      },
    );
  }
  return stitch;
}

/**
 * Name of the field that holds the cost on `axis`, the run's own unless given.
 *
 * @throws EstaError("usage") for latency where none was measured.
 */
export function costField(run: Run, axis?: CostAxis): (typeof COST_FIELDS)[CostAxis] {
  if (axis === "latency" && run.latencies.length === 0) throw unmeasured(run);
  return COST_FIELDS[axis ?? run.plan.config.deployment.axis];
}

/** Nothing is known of the latency that is asked for. */
export function unmeasured(run: Run, batchSize?: number): EstaError {
  const batch = batchSize === undefined ? "" : ` with batches of ${batchSize}`;
  return new EstaError("usage", `no latency was measured${batch} in ${run.folder}`, {
    hint: `\`esta evaluate ${run.folder} --latency${batchSize === undefined ? "" : ` --batch-size ${batchSize}`}\` measures the palette.`,
  });
}

/** Name of the run's metric, as it stands in the evaluations. */
export function metricOf(run: Run): string {
  return run.plan.config.task?.metric ?? "accuracy";
}

/** What guessing gives on the run's metric; null where that is not known. */
export function guessOf(run: Run, split: Split): number | null {
  const metric = metricOf(run);
  const { classes } = run.plan.family;
  if (metric === "accuracy") return classes > 1 ? 1 / classes : null;
  if (!CHOICE_METRICS.some((choice) => choice === metric)) return null;
  const known = run.evaluations.find((line) => line.split === split && line.guess !== undefined);
  return known?.guess ?? null;
}

/** The split to choose by: validation where it was evaluated, for the test split is only reported. */
export function choiceSplit(run: Run): Split {
  const seen = new Set(run.evaluations.map(({ split }) => split));
  return seen.has("validation") ? "validation" : seen.has("train") ? "train" : "test";
}
