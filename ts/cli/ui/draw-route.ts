/** A stitch as a drawing: one lane an anchor, the blocks that run filled; then its parts as a table with bars. */
import { fieldOf, formatField } from "../../analysis/fields.js";
import { textTable } from "../../analysis/table.js";
import type { Neighbour, RoutePart, StitchExplained } from "../../sdk/explain.js";
import { cutTo } from "./terminal.js";

export interface DrawOptions {
  columns: number;
  unicode: boolean;
}

const BAR_WIDTH = 16;

/** The whole explanation as text. */
export function drawStitch(stitch: StitchExplained, options: DrawOptions): string {
  const { id, name, macs, params, memory_bytes } = stitch;
  return [
    `stitch ${id}  ${name}`,
    `${formatField("macs", macs)} MACs, ${formatField("params", params)} parameters, ` +
      `${formatField("memory_bytes", memory_bytes)} of memory to run`,
    ...standing(stitch),
    "",
    ...drawRoute(stitch, options),
    "",
    partTable(stitch, options.unicode),
    "",
    `nearest in ${fieldOf(stitch.axis).label}:`,
    neighbourTable(stitch),
  ].join("\n");
}

function standing({
  interval,
  axis,
  in_palette,
  score,
  score_name,
  rank_in_interval,
  draws,
  metrics,
  metric,
}: StitchExplained): string[] {
  const cost = (value: number) => formatField(axis, value);
  const place = `cost interval ${interval.id} (${cost(interval.low)} to ${cost(interval.high)} ${fieldOf(axis).label}, ${interval.stitches} stitches)`;
  const kept = in_palette ? "in the palette" : "not in the palette";
  const rank =
    rank_in_interval === null ? "" : `, place ${rank_in_interval} of ${interval.stitches} in its interval`;
  const lines = [place];
  if (draws !== null) {
    lines.push(`${kept}: ${score_name} score ${formatField("score", score)}${rank}; drawn ${draws} times`);
  }
  const measured = Object.entries(metrics).map(
    ([split, values]) => `${formatField(metric, values[metric])} on ${split}`,
  );
  return measured.length === 0 ? lines : [...lines, `${metric}: ${measured.join(", ")}`];
}

/** One lane an anchor of the plan that the route passes, and the route's turns between them. */
export function drawRoute(
  { route, anchors, parts }: StitchExplained,
  { columns, unicode }: DrawOptions,
): string[] {
  const [used, unused] = unicode ? ["■", "·"] : ["#", "."];
  const passed = anchors.filter(({ id }) => route.some(({ anchor }) => anchor === id));
  const margin = passed.reduce((most, { name }) => Math.max(most, name.length), 0);
  const lanes = passed.map(({ id, name, depth, width }) => {
    const runs = (block: number) =>
      route.some(({ anchor, start, end }) => anchor === id && start <= block && block < end);
    const blocks = Array.from({ length: depth }, (_, block) => (runs(block) ? used : unused)).join("");
    return cutTo(`${name.padEnd(margin)}  ${blocks}  width ${width}`, columns, unicode);
  });
  const layers = parts.filter(({ kind }) => kind === "stitching-layer");
  const arrow = unicode ? "→" : "->";
  const legs = route.map(({ anchor, start, end }, at) => {
    const { name = `anchor ${anchor}` } = anchors[anchor] ?? {};
    const leg = `${name} ${blockText(start, end)}`;
    const layer = layers[at - 1];
    return layer === undefined
      ? leg
      : `${arrow} stitching layer ${layer.index} (${layer.in_width} ${arrow} ${layer.out_width}) ${arrow} ${leg}`;
  });
  return [...lanes, ...wrap(legs, columns)];
}

const blockText = (start: number, end: number): string =>
  end - start === 1 ? `block ${start}` : `blocks ${start} to ${end - 1}`;

/** Joins the legs, each on a line of its own where they would be too wide. */
function wrap(legs: readonly string[], columns: number): string[] {
  const one = legs.join(" ");
  return one.length <= columns ? [one] : [...legs];
}

function partTable({ parts, macs }: StitchExplained, unicode: boolean): string {
  const most = parts.reduce((largest, part) => Math.max(largest, part.macs), 1);
  const bar = (part: RoutePart) => (unicode ? "█" : "#").repeat(Math.ceil((BAR_WIDTH * part.macs) / most));
  return textTable(parts, [
    { header: "part", align: "left", text: partName },
    { header: "width", align: "right", text: ({ out_width }) => String(out_width) },
    { header: "MACs", align: "right", text: (part) => formatField("macs", part.macs) },
    { header: "share", align: "right", text: (part) => `${((100 * part.macs) / macs).toFixed(1)} %` },
    { header: "parameters", align: "right", text: (part) => formatField("params", part.params) },
    { header: "", align: "left", text: bar },
  ]);
}

function partName({ kind, anchor, index }: RoutePart): string {
  if (kind === "stem") return `${anchor} embedding`;
  if (kind === "head") return `${anchor} norm, head`;
  return kind === "block" ? `${anchor} block ${index}` : `stitching layer ${index}`;
}

function neighbourTable(stitch: StitchExplained): string {
  const { id, name, in_palette, axis, metric, metrics } = stitch;
  const own = {
    id,
    name,
    in_palette,
    cost: stitch[axis],
    metrics: metrics.validation ?? metrics.test ?? metrics.train ?? {},
  };
  const rows: Neighbour[] = [...stitch.cheaper].reverse().concat(own, stitch.dearer);
  const difference = ({ cost }: Neighbour) =>
    `${cost >= own.cost ? "+" : ""}${((100 * cost) / own.cost - 100).toFixed(1)} %`;
  return textTable(rows, [
    { header: "", align: "left", text: (row) => (row.id === id ? ">" : "") },
    { header: "id", align: "right", text: (row) => String(row.id) },
    { header: "name", align: "left", text: (row) => row.name },
    { header: fieldOf(axis).label, align: "right", text: (row) => formatField(axis, row.cost) },
    { header: "against", align: "right", text: (row) => (row.id === id ? "" : difference(row)) },
    { header: metric, align: "right", text: (row) => formatField(metric, row.metrics[metric]) },
    { header: "palette", align: "left", text: (row) => (row.in_palette ? "yes" : "") },
  ]);
}
