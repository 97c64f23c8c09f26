/** A run's measured stitches as a table and a chart. */
import { stitchTable } from "../../analysis/table.js";
import { type MeasuredStitch, measuredStitches, metricOf, type Split } from "../../sdk/measured.js";
import type { Run } from "../../sdk/open-run.js";
import { resultsChart } from "../../sdk/report.js";
import { resultsTable } from "../../sdk/tables.js";
import type { Output } from "./output.js";

/** Prints the palette of `run` on the test split, the frontier marked. */
export async function showRun(
  run: Run,
  output: Output,
  options: { split?: Split; cost?: string } = {},
): Promise<void> {
  const split = options.split ?? "test";
  const metric = metricOf(run);
  const cost = options.cost ?? run.plan.config.deployment.axis;
  const shown = resultsTable(run, { split, cost });
  const stitches = shown.rows.map(({ on_frontier: _, ...row }) => row);
  const frontier = shown.rows.filter(({ on_frontier }) => on_frontier).map(({ id }) => id);
  const chart =
    stitches.length === 0
      ? ""
      : (await resultsChart(run, { split, cost })).toString({
          width: output.width,
          color: output.color,
        });
  output.result(
    { run: run.folder, split, metric, cost, stitches, frontier },
    [shown.title, "", shown, "", chart].join("\n").trimEnd(),
  );
}

/** Prints what an evaluation measured. */
export function showEvaluations(
  run: Run,
  stitches: "palette" | "all" | readonly number[],
  split: Split,
  output: Output,
): void {
  const wanted = (row: MeasuredStitch) =>
    stitches === "all" || (stitches === "palette" ? row.in_palette : stitches.includes(row.id));
  const rows = measuredStitches(run, split).filter(wanted);
  output.result({ run: run.folder, split, stitches: rows }, stitchTable(rows, [metricOf(run)]));
}
