/** A run's measured stitches as a table and a chart. */
import { formatField } from "../../analysis/fields.js";
import { latencySettingText } from "../../analysis/latency.js";
import { stitchTable, textTable } from "../../analysis/table.js";
import type { Split } from "../../engine/run-files.js";
import { latenciesOf } from "../../sdk/latencies.js";
import { costField, measuredStitches, metricOf } from "../../sdk/measured.js";
import type { Run } from "../../sdk/open-run.js";
import { resultsChart } from "../../sdk/report.js";
import type { StitchChoice } from "../../sdk/stitch-choice.js";
import { type ResultsTableOptions, resultsTable } from "../../sdk/tables.js";
import type { Output } from "./output.js";

/** Prints the palette of `run` on the test split, the frontier marked. */
export async function showRun(run: Run, output: Output, options: ResultsTableOptions = {}): Promise<void> {
  const { split = "test", batchSize } = options;
  const metric = metricOf(run);
  const shown = resultsTable(run, options);
  const cost = costField(run, options.cost);
  const stitches = shown.rows.map(({ on_frontier: _, ...row }) => row);
  const frontier = shown.rows.filter(({ on_frontier }) => on_frontier).map(({ id }) => id);
  const latency = cost === "latency_ms" ? latenciesOf(run, batchSize)?.setting : undefined;
  const setting = latency === undefined ? [] : [`latency: median on ${latencySettingText(latency)}`];
  const chart =
    stitches.length === 0
      ? ""
      : (await resultsChart(run, { split, cost, batchSize })).toString({
          width: output.width,
          color: output.color,
        });
  output.result(
    {
      ...{ run: run.folder, split, metric, cost, stitches, frontier },
      ...(latency === undefined ? {} : { latency }),
    },
    [shown.title, ...setting, "", shown, "", chart].join("\n").trimEnd(),
  );
  const unknown = measuredStitches(run, split).length - stitches.length;
  if (latency !== undefined && unknown > 0) {
    output.note(`${unknown} evaluated stitches are left out: their latency was not measured`);
  }
}

/** Prints what an evaluation measured. */
export function showEvaluations(run: Run, stitches: StitchChoice, split: Split, output: Output): void {
  const rows = measuredStitches(run, split).filter(({ id }) => isWanted(run, stitches, id));
  output.result({ run: run.folder, split, stitches: rows }, stitchTable(rows, [metricOf(run)]));
}

/** Prints the latencies of `stitches` at each batch size, with the spread between the quartiles. */
export function showLatencies(
  run: Run,
  stitches: StitchChoice,
  batchSizes: readonly number[],
  output: Output,
): void {
  const measured = batchSizes.flatMap((batchSize) => latenciesOf(run, batchSize) ?? []);
  const results = measured.map(({ setting, lines }) => ({
    setting,
    stitches: lines
      .filter(({ stitch }) => isWanted(run, stitches, stitch))
      .map(({ stitch, median_ms, low_ms, high_ms }) => ({
        ...{ id: stitch, name: run.plan.stitches[stitch]?.name ?? "", median_ms, low_ms, high_ms },
      })),
  }));
  const text = results.map(({ setting, stitches: rows }) => {
    const time = (header: string, key: "median_ms" | "low_ms" | "high_ms") => ({
      header,
      align: "right" as const,
      text: (row: (typeof rows)[number]) => formatField("latency_ms", row[key]),
    });
    const table = textTable(rows, [
      { header: "Id", align: "right", text: ({ id }) => String(id) },
      { header: "Name", align: "left", text: ({ name }) => name },
      time("Median", "median_ms"),
      time("First quartile", "low_ms"),
      time("Third quartile", "high_ms"),
    ]);
    return `one forward pass on ${latencySettingText(setting)}\n\n${table}`;
  });
  output.result({ run: run.folder, latencies: results }, text.join("\n\n"));
}

function isWanted({ palette }: Run, stitches: StitchChoice, id: number): boolean {
  if (typeof stitches !== "string") return stitches.includes(id);
  return stitches === "all" || (palette?.stitches.some((stitch) => stitch.id === id) ?? false);
}
