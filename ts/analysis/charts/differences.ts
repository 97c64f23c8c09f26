/** Paired differences of arms to a reference: each seed's as a mark, their mean with its interval, zero as a line. */
import { textTable } from "../table.js";
import { Chart } from "./chart.js";
import type { Theme } from "./theme.js";
import type { VegaLiteSpec } from "./vega.js";

export interface ArmDifference {
  readonly arm: string;
  readonly difference: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly seeds: readonly { readonly seed: number; readonly difference: number }[];
}

export interface DifferenceOptions {
  /** What differs, such as hypervolume. */
  readonly label: string;
  readonly reference: string;
}

const ROW_HEIGHT = 34;

export function makeDifferencesChart(rows: readonly ArmDifference[], options: DifferenceOptions): Chart {
  const { label, reference } = options;
  const text = (value: number | null) => (value === null ? "-" : value.toFixed(3));
  const table = textTable(rows, [
    { header: `${label}, difference to ${reference}`, align: "left", text: ({ arm }) => arm },
    { header: "Mean", align: "right", text: ({ difference }) => text(difference) },
    { header: "From", align: "right", text: ({ low }) => text(low) },
    { header: "To", align: "right", text: ({ high }) => text(high) },
  ]);
  return new Chart({
    title: `${label}, difference to ${reference}`,
    description:
      `${label} minus that of ${reference}, paired by seed: ` +
      `${rows.map(({ arm, difference }) => `${arm} ${text(difference)}`).join(", ")}.`,
    height: Math.max(2, rows.length) * ROW_HEIGHT,
    body: (theme) => body(rows, options, theme),
    text: () => table,
  });
}

function body(
  rows: readonly ArmDifference[],
  { label, reference }: DifferenceOptions,
  theme: Theme,
): VegaLiteSpec {
  const y = {
    field: "arm",
    type: "nominal",
    sort: rows.map(({ arm }) => arm),
    axis: { title: null, grid: false, ticks: false, domain: false, labelLimit: 220 },
  };
  const x = (field: string) => ({
    field,
    type: "quantitative",
    scale: { zero: true, padding: 10 },
    axis: { title: `${label}, difference to ${reference}`, labelExpr: "format(datum.value, '+~g')" },
  });
  const number = (field: string, title: string) => ({ field, title, type: "quantitative", format: "+.3f" });
  const arm = { field: "arm", title: "Arm", type: "nominal" };
  const summary = [arm, number("difference", "Mean"), number("low", "From"), number("high", "To")];
  const whole = rows.filter(({ low, high }) => low !== null && high !== null);
  return {
    layer: [
      {
        data: { values: [{}] },
        mark: { type: "rule", color: theme.muted, aria: false },
        encoding: { x: { datum: 0 } },
      },
      {
        data: { values: whole },
        mark: { type: "rule", strokeWidth: 3, color: theme.frontier, aria: false },
        encoding: { y, x: x("low"), x2: { field: "high" }, tooltip: summary },
      },
      {
        data: { values: rows.flatMap(({ arm: name, seeds }) => seeds.map((one) => ({ arm: name, ...one }))) },
        mark: { type: "tick", thickness: 2, size: 12, color: theme.dominated, aria: false },
        encoding: {
          ...{ y, x: x("difference") },
          tooltip: [
            arm,
            { field: "seed", title: "Seed", type: "nominal" },
            number("difference", "Difference"),
          ],
        },
      },
      {
        data: { values: rows },
        mark: { type: "point", filled: true, size: 80, opacity: 1, color: theme.frontier, aria: false },
        encoding: { y, x: x("difference"), tooltip: summary },
      },
    ],
  };
}
