/** A plan in words: what can be had, at which cost, and what training takes. */
import { formatAs, formatField } from "../../analysis/fields.js";
import { stitchTable, textTable } from "../../analysis/table.js";
import { generationCost } from "../../planning/generation.js";
import type { Plan, Stitch } from "../../planning/plan-schema.js";
import { KINDS_FOR_TASK, keepsHead } from "../../planning/task.js";
import type { DryRun } from "../../sdk/dry-run.js";
import type { Probe } from "../../sdk/probe.js";
import { planTable } from "../../sdk/tables.js";

export function describePlan(plan: Plan): string {
  const { totals, config } = plan;
  const { epochs } = config.training;
  const steps = totals.steps === null ? `${epochs} epoch${epochs === 1 ? "" : "s"}` : `${totals.steps} steps`;
  const task = keepsHead(config.task) ? "" : `, ${plan.family.classes} classes`;
  return [
    `${plan.family.name}: ${totals.stitches} stitches of ${totals.anchors} anchors (${plan.space.rule}), ` +
      `${totals.stitching_layers} stitching layers, ${plan.family.tokens} tokens${task}`,
    "",
    stitchTable(plan.anchors, ["width", "depth", "heads"]),
    ...textLines(plan),
    "",
    planTable(plan).toString(),
    "",
    ...droppedLines(plan),
    config.task === undefined
      ? "no task: nothing to train yet"
      : `method ${config.method.name}, ${steps}${loraRates(config.method)}`,
    memoryLine(plan),
  ].join("\n");
}

/** LoRA's learning rates, whose defaults depend on the task. */
function loraRates(method: Plan["config"]["method"]): string {
  if (!("lora" in method)) return "";
  const { learning_rate, stitching_learning_rate } = method.lora;
  return `, learning rates ${learning_rate} (LoRA) and ${stitching_learning_rate} (stitching layers)`;
}

/** Of texts: what a cost counts; of language models also what it takes to write an answer. */
function textLines(plan: Plan): string[] {
  const { kind, tokens, input } = plan.family;
  if (!("sequence_length" in input)) return [];
  const lines = ["", `MACs are for one token of a sequence of ${tokens}.`];
  if (!KINDS_FOR_TASK["instruction-tuning"].includes(kind)) return lines;
  const cost = (id: number) => generationCost(plan, plan.stitches[id] as Stitch, { cachedTokens: tokens });
  return [
    ...lines,
    "",
    `to answer a prompt of ${tokens} tokens, its keys and values kept in 2 bytes each:`,
    textTable(plan.anchors, [
      { header: "name", align: "left", text: ({ name }) => name },
      {
        header: "prompt, MACs",
        align: "right",
        text: ({ id }) => formatField("macs", cost(id).prefill_macs),
      },
      {
        header: "next token, MACs",
        align: "right",
        text: ({ id }) => formatField("macs", cost(id).decode_macs),
      },
      { header: "KV cache", align: "right", text: ({ id }) => formatAs("bytes", cost(id).cache_bytes) },
    ]),
  ];
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

/** What trying the shapes has shown. */
export function describeDryRun({ stitches, routes }: DryRun): string {
  const lines = routes.map(({ name, logits }) => `  ${name}: logits ${logits.join(" x ")}`);
  const kinds =
    routes.length === 1 ? "one route, the only kind," : `one route of each of ${routes.length} kinds`;
  return [
    `dry run: all ${stitches} stitches have the parameters of the library's models; shapes fit along ${kinds}:`,
    ...lines,
  ].join("\n");
}
