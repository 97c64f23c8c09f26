/** A run's measured stitches as a table and a chart. */
import { fieldOf } from "../../analysis/fields.js";
import { paretoFrontier } from "../../analysis/frontier.js";
import { measuredOn } from "../../analysis/points.js";
import { stitchTable } from "../../analysis/table.js";
import { type MeasuredStitch, measuredStitches, metricOf, type Split } from "../../sdk/measured.js";
import type { Run } from "../../sdk/open-run.js";
import { resultsChart } from "../../sdk/report.js";
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
  const rows = measuredOn(measuredStitches(run, split), [cost, metric]).sort((a, b) => a.macs - b.macs);
  const frontier = frontierOf(rows, cost, metric);
  const marked = new Set(frontier.map(({ id }) => id));
  const table = stitchTable(rows, [metric, "score", "draws"], ({ id }) => marked.has(id));
  const chart =
    rows.length === 0
      ? ""
      : (await resultsChart(run, { split, cost })).toString({
          width: output.width,
          color: output.color,
        });
  const title = `${run.plan.family.name}, ${run.plan.config.method.name}: ${rows.length} stitches on ${split} (* on the frontier)`;
  output.result(
    { run: run.folder, split, metric, cost, stitches: rows, frontier: frontier.map(({ id }) => id) },
    [title, "", table, "", chart].join("\n").trimEnd(),
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

function frontierOf(rows: readonly MeasuredStitch[], cost: string, metric: string): MeasuredStitch[] {
  return paretoFrontier(rows, {
    x: { key: cost, better: fieldOf(cost).better },
    y: { key: metric, better: fieldOf(metric).better },
  });
}
