/** The best stitch of a run for a budget, chosen on validation, reported on test. */

import { fieldOf } from "../analysis/fields.js";
import { measuredOn } from "../analysis/points.js";
import { type Constraints, type Selection, selectStitch } from "../analysis/selection.js";
import { choiceSplit, type MeasuredStitch, measuredStitches, metricOf, type Split } from "./measured.js";
import { paletteOf, type Run } from "./open-run.js";

export interface Budget {
  max_macs?: number | undefined;
  max_params?: number | undefined;
}

export interface SelectedFromRun {
  selection: Selection<MeasuredStitch>;
  /** The split whose metric chose. */
  split: Split;
  metric: string;
}

/** Names the best stitch of the palette within `budget`; `selection.found` is false where none fits. */
export function selectFromRun(run: Run, budget: Budget): SelectedFromRun {
  const split = choiceSplit(run);
  const metric = metricOf(run);
  const kept = new Set(paletteOf(run).stitches.map(({ id }) => id));
  // A metric that was not finite, such as a perplexity that overflowed, is no candidate.
  const rows = measuredOn(measuredStitches(run, split), [metric]).filter(({ id }) => kept.has(id));
  const constraints: Constraints<MeasuredStitch> = {
    ...(budget.max_macs === undefined ? {} : { macs: { max: budget.max_macs } }),
    ...(budget.max_params === undefined ? {} : { params: { max: budget.max_params } }),
  };
  const selection = selectStitch(rows, constraints, { key: metric, better: fieldOf(metric).better });
  return { selection, split, metric };
}
