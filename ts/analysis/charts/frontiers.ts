/** The frontiers of several arms over each other: the mean over the seeds as a step line, the palettes as marks. */
import { fieldOf } from "../fields.js";
import { meanFrontier } from "../mean-frontier.js";
import { type Axes, fieldValue, type Measured } from "../points.js";
import { scatterText } from "../terminal.js";
import { armScale, armTextStyle } from "./arms.js";
import { Chart } from "./chart.js";
import type { Theme } from "./theme.js";
import type { VegaLiteSpec } from "./vega.js";

export interface FrontierArm<Point> {
  readonly name: string;
  readonly runs: readonly { readonly seed: number; readonly points: readonly Point[] }[];
}

/** Chart of `arms`; those without points are left out. */
export function makeFrontiersChart<Point extends Measured>(
  arms: readonly FrontierArm<Point>[],
  axes: Axes<Point>,
): Chart {
  const [x, y] = [fieldOf(axes.x.key), fieldOf(axes.y.key)];
  const drawn = arms.map(({ name, runs }) => ({
    name,
    line: meanFrontier(
      runs.map(({ points }) => points),
      axes,
    ),
    marks: runs.flatMap(({ seed, points }) =>
      points.map((point) => ({
        ...{ arm: name, seed, stitch: point.name, id: point.id },
        ...{ x: fieldValue(point, axes.x.key), y: fieldValue(point, axes.y.key) },
      })),
    ),
  }));
  const text = drawn.map(({ name, line }, i) => ({
    ...{ label: name, style: armTextStyle(i) },
    points: line.map((step) => [step.x, step.y] as const),
  }));
  return new Chart({
    title: `${y.label} against ${x.label}`,
    description:
      `Frontiers of ${drawn.map(({ name }) => name).join(", ")}: ${y.label.toLowerCase()} that a cost in ` +
      `${x.label} buys, mean over the seeds.`,
    body: (theme) => body(drawn, { x, y }, theme),
    text: (options) => scatterText(text, { ...options, x, y }),
  });
}

interface Drawn {
  readonly name: string;
  readonly line: readonly { readonly x: number; readonly y: number }[];
  readonly marks: readonly object[];
}

type Field = ReturnType<typeof fieldOf>;

function body(drawn: readonly Drawn[], { x, y }: { x: Field; y: Field }, theme: Theme): VegaLiteSpec {
  const names = drawn.map(({ name }) => name);
  const legend = { title: null, orient: "bottom", columns: { expr: "width < 440 ? 2 : 4" }, symbolSize: 90 };
  const arm = { field: "arm", type: "nominal" };
  const format = ({ format: kind }: Field) => (kind === "share" ? "~%" : "~s");
  const channel = (side: "x" | "y", field: Field) => ({
    field: side,
    type: "quantitative",
    scale: { zero: false, nice: true, padding: 10 },
    axis: {
      title: field.label,
      labelExpr: `format(datum.value, '${format(field)}')`,
      tickCount: { expr: side === "x" ? "clamp(width / 90, 3, 9)" : "clamp(height / 55, 3, 9)" },
    },
  });
  const place = { x: channel("x", x), y: channel("y", y) };
  const colour = { ...arm, scale: armScale(names, theme, "colour"), legend };
  const number = (field: string, of: Field) => ({
    ...{ field, title: of.label, type: "quantitative", format: of.format === "share" ? ".1%" : ".3s" },
  });
  return {
    layer: [
      {
        data: { values: drawn.flatMap(({ name, line }) => line.map((step) => ({ arm: name, ...step }))) },
        mark: {
          type: "line",
          interpolate: x.better === "less" ? "step-after" : "step-before",
          strokeWidth: 2,
          aria: false,
        },
        encoding: {
          ...place,
          color: colour,
          strokeDash: { ...arm, scale: armScale(names, theme, "dash"), legend },
        },
      },
      {
        data: { values: drawn.flatMap(({ marks }) => marks) },
        mark: { type: "point", filled: true, size: 34, opacity: 0.6, aria: false },
        encoding: {
          ...place,
          color: colour,
          shape: { ...arm, scale: armScale(names, theme, "shape"), legend },
          tooltip: [
            { field: "arm", title: "Arm", type: "nominal" },
            { field: "seed", title: "Seed", type: "nominal" },
            { field: "stitch", title: "Stitch", type: "nominal" },
            ...[number("x", x), number("y", y)],
          ],
        },
      },
    ],
  };
}
