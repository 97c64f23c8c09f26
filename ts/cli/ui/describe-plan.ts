/** A plan in words: what can be had, at which cost, and what training takes. */
import { formatAs } from "../../analysis/fields.js";
import { stitchTable } from "../../analysis/table.js";
import type { Plan } from "../../planning/plan-schema.js";
import type { Probe } from "../../sdk/probe.js";
import { planTable } from "../../sdk/tables.js";

export function describePlan(plan: Plan): string {
  const { totals, config } = plan;
  const steps = totals.steps === null ? `${config.training.epochs} epochs` : `${totals.steps} steps`;
  const keepsHead = config.task === undefined || config.task.type === "instruction-tuning";
  const task = keepsHead ? "" : `, ${plan.family.classes} classes`;
  return [
    `${plan.family.name}: ${totals.stitches} stitches of ${totals.anchors} anchors (${plan.space.rule}), ` +
      `${totals.stitching_layers} stitching layers, ${plan.family.tokens} tokens${task}`,
    "",
    stitchTable(plan.anchors, ["width", "depth", "heads"]),
    "",
    planTable(plan).toString(),
    "",
    ...droppedLines(plan),
    config.task === undefined ? "no task: nothing to train yet" : `method ${config.method.name}, ${steps}`,
    memoryLine(plan),
  ].join("\n");
}

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
