/** Report data as rows for charts and analyses: one row a stitch, its metrics of one split as fields. */
import type { Measured } from "../points.js";
import type { ReportData, ReportStitch, RouteSegment } from "../report-data.js";

/** A stitch as a row; the metrics of the split stand beside these fields, under their own names. */
export interface StitchRow extends Measured {
  readonly route: string;
  readonly anchor: boolean;
  readonly in_palette: boolean;
}

/** A run of the report: the adapted one or a baseline. */
export interface RunRows {
  readonly name: string;
  readonly rows: readonly StitchRow[];
}

/** Rows of `stitches`; metrics that are null or of other splits are left out. */
export function stitchRows(stitches: readonly ReportStitch[], data: ReportData, split: string): StitchRow[] {
  return stitches.map((stitch) => {
    const { id, name, macs, params, memory_bytes, latency_ms, in_palette, score, draws } = stitch;
    const metrics = Object.entries(stitch.metrics[split] ?? {}).filter(([, value]) => value !== null);
    return {
      ...Object.fromEntries(metrics),
      ...{ id, name, macs, params, memory_bytes, in_palette },
      ...(latency_ms === null ? {} : { latency_ms }),
      ...(score === null ? {} : { score }),
      ...(draws === null ? {} : { draws }),
      route: routeText(stitch.route, data),
      anchor: stitch.is_anchor,
    };
  });
}

/** A route in words: tiny-vit-s[0:3] → tiny-vit-m[3:6]; blocks from 0, the last one exclusive. */
export function routeText(route: readonly RouteSegment[], data: ReportData): string {
  return route
    .map(({ anchor, start, end }) => {
      return `${data.family.anchors[anchor]?.name ?? `anchor ${anchor}`}[${start}:${end}]`;
    })
    .join(" → ");
}

/** Name under which the task's metric stands among the measured ones: `macro-f1` may be `macro_f1` there. */
export function metricKey(data: ReportData, split: string): string {
  const wanted = data.task.metric.replaceAll("-", "_");
  const present = metricKeys(data, split);
  return present.find((key) => key.replaceAll("-", "_") === wanted) ?? data.task.metric;
}

/** Metrics that some stitch has on `split`, in order of appearance. */
export function metricKeys(data: ReportData, split: string): string[] {
  return [...new Set(data.stitches.flatMap(({ metrics }) => Object.keys(metrics[split] ?? {})))];
}

/** Costs that are known of the stitches, in the order in which a reader may choose them. */
export function costKeys(data: ReportData): string[] {
  return ["macs", "params", "memory_bytes", ...(data.latency === null ? [] : ["latency_ms"])];
}

/** Splits on which some stitch was evaluated, the reported one first. */
export function evaluatedSplits(data: ReportData): string[] {
  const all = new Set(data.stitches.flatMap(({ metrics }) => Object.keys(metrics)));
  return [...all].sort((a, b) => Number(b === data.split) - Number(a === data.split) || a.localeCompare(b));
}

const METHODS: Readonly<Record<string, string>> = {
  esta: "ESTA",
  snnet: "SN-Net",
  snnetv2: "SN-Netv2",
  lora: "LoRA on each anchor",
  full: "Full tuning of each anchor",
  "linear-probe": "Linear probe of each anchor",
};

/** A method as readers know it. */
export function methodLabel(name: string): string {
  return Object.hasOwn(METHODS, name) ? (METHODS[name] ?? name) : name;
}

/** Baselines with names that differ: two runs of one method are numbered. */
export function baselineRows(data: ReportData, split: string): RunRows[] {
  const seen = new Map<string, number>();
  return data.baselines.map(({ name, stitches }) => {
    const label = methodLabel(name);
    const count = (seen.get(label) ?? 0) + 1;
    seen.set(label, count);
    return { name: count === 1 ? label : `${label} (${count})`, rows: stitchRows(stitches, data, split) };
  });
}
