/** The best stitch of a run for a budget, chosen on validation, reported on test. */

import { fieldOf } from "../analysis/fields.js";
import { measuredOn } from "../analysis/points.js";
import { type Constraints, type Selection, selectStitch } from "../analysis/selection.js";
import type { Split } from "../engine/run-files.js";
import { choiceSplit, type MeasuredStitch, measuredStitches, metricOf, unmeasured } from "./measured.js";
import { paletteOf, type Run } from "./open-run.js";

/** Upper limits; all that are given hold at once. */
export interface Budget {
  max_macs?: number | undefined;
  max_params?: number | undefined;
  /** Of the median latency of one batch, as `measureLatency` measured it. */
  max_latency_ms?: number | undefined;
  /** Of the estimate for running the merged network on one sequence. */
  max_memory_bytes?: number | undefined;
}

export interface SelectOptions {
  /** Batch size of the latencies; that of the last measurement unless given. */
  batchSize?: number | undefined;
}

export interface SelectedFromRun {
  selection: Selection<MeasuredStitch>;
  /** The split whose metric chose. */
  split: Split;
  metric: string;
  /** Stitches of the palette that were passed over, since their latency is not known. */
  unmeasured: number[];
}

const FIELDS = {
  max_macs: "macs",
  max_params: "params",
  max_latency_ms: "latency_ms",
  max_memory_bytes: "memory_bytes",
} as const satisfies Record<keyof Budget, keyof MeasuredStitch>;

/**
 * Names the best stitch of the palette within `budget`, on ties the cheapest on the limit that is given, of several
 * on the first in the order MACs, parameters, latency, memory; `selection.found` is false where none fits.
 *
 * @throws EstaError("usage") for a limit on latency where none was measured.
 */
export function selectFromRun(run: Run, budget: Budget, options: SelectOptions = {}): SelectedFromRun {
  const split = choiceSplit(run);
  const metric = metricOf(run);
  const kept = new Set(paletteOf(run).stitches.map(({ id }) => id));
  // A metric that was not finite, such as a perplexity that overflowed, is no candidate.
  const palette = measuredOn(measuredStitches(run, split, options), [metric]).filter(({ id }) =>
    kept.has(id),
  );
  const needsLatency = budget.max_latency_ms !== undefined;
  const isKnown = ({ latency_ms }: MeasuredStitch) => !needsLatency || latency_ms !== undefined;
  const rows = palette.filter(isKnown);
  if (needsLatency && rows.length === 0) throw unmeasured(run, options.batchSize);
  const limits = (Object.keys(FIELDS) as (keyof Budget)[]).filter((key) => budget[key] !== undefined);
  const constraints: Constraints<MeasuredStitch> = Object.fromEntries(
    limits.map((key) => [FIELDS[key], { max: budget[key] }]),
  );
  const cost = limits[0] === undefined ? "macs" : FIELDS[limits[0]];
  const selection = selectStitch(rows, constraints, { key: metric, better: fieldOf(metric).better }, cost);
  const unknown = palette.filter((row) => !isKnown(row)).map(({ id }) => id);
  return { selection, split, metric, unmeasured: unknown };
}
