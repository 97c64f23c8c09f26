/** The stitches of a run with what was measured of them, as the rows that every analysis takes. */
import type { Measured } from "../analysis/points.js";
import { EstaError } from "../errors.js";
import type { Segment, Stitch } from "../planning/plan-schema.js";
import type { Run } from "./open-run.js";

export type Split = "train" | "validation" | "test";

/** One evaluated stitch; the metrics of the split stand beside the costs, under their own names. */
export interface MeasuredStitch extends Measured {
  readonly route: readonly Segment[];
  readonly interval: number;
  readonly score: number | null;
  readonly draws: number;
  /** Whether the scores chose it, or it is a whole anchor. */
  readonly in_palette: boolean;
  readonly is_anchor: boolean;
}

/** Every stitch of the run that was evaluated on `split`, in order of id. */
export function measuredStitches(run: Run, split: Split): MeasuredStitch[] {
  const chosen = new Map(run.palette?.stitches.map((stitch) => [stitch.id, stitch]));
  const metrics = new Map<number, Record<string, number | null>>();
  for (const evaluation of run.evaluations) {
    if (evaluation.split === split) metrics.set(evaluation.stitch, evaluation.metrics);
  }
  return [...metrics]
    .sort(([a], [b]) => a - b)
    .map(([id, values]) => {
      const { name, route, macs, params, interval, is_anchor } = plannedStitch(run, id);
      const { score = null, draws = 0 } = chosen.get(id) ?? {};
      return {
        id,
        name,
        route,
        macs,
        params,
        interval,
        score,
        draws,
        is_anchor,
        in_palette: chosen.has(id),
        ...values,
      };
    });
}

function plannedStitch(run: Run, id: number): Stitch & { is_anchor: boolean } {
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
  return { ...stitch, is_anchor: stitch.stitching_layers.length === 0 };
}

/** Name of the run's metric, as it stands in the evaluations. */
export function metricOf(run: Run): string {
  return run.plan.config.task?.metric ?? "accuracy";
}

/** The split to choose by: validation where it was evaluated, for the test split is only reported. */
export function choiceSplit(run: Run): Split {
  const seen = new Set(run.evaluations.map(({ split }) => split));
  return seen.has("validation") ? "validation" : seen.has("train") ? "train" : "test";
}
