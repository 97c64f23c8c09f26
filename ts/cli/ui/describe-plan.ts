/** A plan in words: what can be had, at which cost, and what training takes. */
import { formatAs, formatField } from "../../analysis/fields.js";
import { stitchTable, textTable } from "../../analysis/table.js";
import type { Plan } from "../../planning/plan-schema.js";
import type { Probe } from "../../sdk/probe.js";

export function describePlan(plan: Plan): string {
  const { totals, config } = plan;
  const steps = totals.steps === null ? `${config.training.epochs} epochs` : `${totals.steps} steps`;
  const task = config.task === undefined ? "" : `, ${plan.family.classes} classes`;
  return [
    `${plan.family.name}: ${totals.stitches} stitches of ${totals.anchors} anchors (${plan.space.rule}), ` +
      `${totals.stitching_layers} stitching layers, ${plan.family.tokens} tokens${task}`,
    "",
    stitchTable(plan.anchors, ["width", "depth", "heads"]),
    "",
    intervalTable(plan),
    "",
    ...droppedLines(plan),
    config.task === undefined ? "no task: nothing to train yet" : `method ${config.method.name}, ${steps}`,
    memoryLine(plan),
  ].join("\n");
}

/** One row an interval: how many stitches it holds, the cheapest and the dearest of them. */
function intervalTable({ intervals, stitches, config }: Plan): string {
  const { axis } = config.deployment;
  const rows = intervals.map(({ id }) => ({ id, costs: [] as number[] }));
  for (const stitch of stitches) rows[stitch.interval]?.costs.push(stitch[axis]);
  const extreme = (pick: (costs: readonly number[]) => number) => (row: (typeof rows)[number]) =>
    row.costs.length === 0 ? "-" : formatField(axis, pick(row.costs));
  return textTable(rows, [
    { header: "interval", align: "right", text: ({ id }) => String(id) },
    { header: "stitches", align: "right", text: ({ costs }) => String(costs.length) },
    { header: `cheapest, ${axis}`, align: "right", text: extreme(least) },
    { header: `dearest, ${axis}`, align: "right", text: extreme(most) },
  ]);
}

/** Spread over a million arguments would overflow the stack. */
const least = (costs: readonly number[]) => costs.reduce((a, b) => Math.min(a, b));
const most = (costs: readonly number[]) => costs.reduce((a, b) => Math.max(a, b));

function droppedLines({ dropped }: Plan): string[] {
  const lines: string[] = [];
  if (dropped.costlier_than_dearest_anchor > 0) {
    lines.push(
      `left out: ${dropped.costlier_than_dearest_anchor} routes that cost more than the dearest anchor on them ` +
        "(space.keep_costlier_than_dearest_anchor keeps them)",
    );
  }
  if (dropped.identical > 0) lines.push(`left out: ${dropped.identical} identical routes`);
  return lines;
}

function memoryLine({ memory }: Plan): string {
  const bytes = (value: number) => formatAs("bytes", value);
  return (
    `training memory, estimated: ${bytes(memory.training_bytes)} (weights ${bytes(memory.weights_bytes)}, ` +
    `trained ${bytes(memory.trainable_bytes)}, gradients ${bytes(memory.gradient_bytes)}, ` +
    `optimizer ${bytes(memory.optimizer_bytes)}, activations ${bytes(memory.activation_bytes)})`
  );
}

/** The measured step beside the estimate. */
export function describeProbe(plan: Plan, { stitch, device, peak_bytes }: Probe): string {
  const bytes = (value: number) => formatAs("bytes", value);
  const ratio = (peak_bytes / plan.memory.training_bytes).toFixed(2);
  const name = plan.stitches[stitch]?.name ?? stitch;
  return (
    `training memory, measured: ${bytes(peak_bytes)} on ${device} (one step on ${name}), ` +
    `${ratio} times the estimate, libraries' buffers included`
  );
}
