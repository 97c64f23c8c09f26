/**
 * What runs must share to stand side by side: one task, and figures that were measured on the same examples. A plan
 * says where a part of the data comes from and how much of it is taken; which examples those are is drawn from the
 * seed where the part is cut from the training part, or thinned.
 */
import { COST_FIELDS } from "../config/schema/deployment.js";
import type { Config } from "../config/schema/index.js";
import type { InstructionTuningTask } from "../config/schema/task.js";
import type { Split } from "../engine/run-files.js";
import { EstaError } from "../errors.js";
import type { Plan } from "../planning/plan-schema.js";
import { keepsHead } from "../planning/task.js";
import { shownPath } from "./command-words.js";
import type { Run } from "./open-run.js";

type Task = NonNullable<Config["task"]>;

/** A plan, and what messages call it: its run's folder, or its arm. */
export interface NamedPlan {
  readonly name: string;
  readonly plan: Plan;
}

export function dataName({ config }: Plan): string {
  const data = config.task?.data;
  return typeof data === "object" ? data.train : (data ?? "no task");
}

/** Classes that the head tells apart; null where it is the anchors' own, such as a vocabulary. */
export function classesOf({ config, family }: Plan): number | null {
  return keepsHead(config.task) ? null : family.classes;
}

/** @throws EstaError("usage") for plans of different tasks, or whose `split` holds other examples by more than the seed. */
export function requireOneTask(plans: readonly NamedPlan[], split: Split): void {
  const [first, ...others] = plans.map(({ name, plan }) => ({ name, facts: groundOf(plan, split) }));
  for (const { name, facts } of others) {
    for (const key of new Set([...Object.keys(first?.facts ?? {}), ...Object.keys(facts)])) {
      if (first?.facts[key] === facts[key]) continue;
      const [one, other] = [first?.facts[key] ?? "none", facts[key] ?? "none"];
      throw different(key, `${first?.name} has ${one}, ${name} ${other}`);
    }
  }
}

/**
 * Requires that figures of `runs` on `split` may be set side by side: those of one seed, where it draws the part, and
 * those of all where it does not.
 *
 * @throws EstaError("usage") that names the first difference.
 */
export function requireSameExamples(runs: readonly Run[], split: Split): void {
  requireOneTask(
    runs.map(({ folder, plan }) => ({ name: shownPath(folder), plan })),
    split,
  );
  // What the plans cannot say: a file that has changed, or texts that one family cannot read to the end.
  const seen = new Map<number, { readonly run: Run; readonly examples: number }>();
  for (const run of runs) {
    const examples = examplesOf(run, split);
    if (examples === null) continue;
    const draw = isDrawnBySeed(run.plan, split) ? run.plan.config.training.seeds.data : 0;
    const twin = seen.get(draw);
    if (twin !== undefined && twin.examples !== examples) {
      const found = `${shownPath(twin.run.folder)} has ${twin.examples}, ${shownPath(run.folder)} ${examples}`;
      throw different(`the number of ${split} examples`, found);
    }
    seen.set(draw, { run, examples });
  }
}

/** The same of runs that are not paired by their seeds. @throws EstaError("usage") for another draw of the part too. */
export function requireSameDraw(runs: readonly Run[], split: Split): void {
  requireSameExamples(runs, split);
  const [first, ...others] = runs;
  if (first === undefined || !isDrawnBySeed(first.plan, split)) return;
  const seedOf = ({ plan }: Run) => plan.config.training.seeds.data;
  for (const run of others) {
    if (seedOf(run) === seedOf(first)) continue;
    const found = `${shownPath(first.folder)} has ${seedOf(first)}, ${shownPath(run.folder)} ${seedOf(run)}`;
    throw different(`the seed that draws the ${split} part`, found);
  }
}

/** Whether the data's seed decides which examples `split` holds. */
export function isDrawnBySeed({ config }: Plan, split: Split): boolean {
  const { task } = config;
  if (task === undefined) return false;
  if (typeof task.data === "string" || task.sizes[split] !== undefined) return true;
  const { validation, test } = task.data;
  const isCut = (part: unknown) => typeof part === "number";
  return split === "train" ? isCut(validation) || isCut(test) : isCut(task.data[split]);
}

/** How many examples of `split` a run was measured on; null where it was not. */
export function examplesOf({ evaluations }: Run, split: Split): number | null {
  return evaluations.find((evaluation) => evaluation.split === split)?.examples ?? null;
}

/** Name of a fact -> its value, in the order in which differences are told. */
function groundOf(plan: Plan, split: Split): Record<string, string> {
  const { task, deployment } = plan.config;
  const common = { data: dataName(plan), metric: task?.metric ?? "none", axis: COST_FIELDS[deployment.axis] };
  if (task === undefined) return common;
  return {
    ...common,
    task: task.type,
    ...(task.type === "instruction-tuning"
      ? textFacts(plan, task)
      : { classes: String(plan.family.classes) }),
    ...(typeof task.data === "object" && "columns" in task.data
      ? { columns: listed(task.data.columns) }
      : {}),
    [`the ${split} part`]: sourceOf(task, split),
    [`task.sizes.${split}`]: String(task.sizes[split] ?? "all"),
  };
}

/** Of language models: what is counted as an answer's tokens, and how much of a conversation is read. */
function textFacts({ family }: Plan, { metric, template }: InstructionTuningTask) {
  const { sequence_length, vocabulary_size } = family.input;
  const isPerToken = metric === "perplexity" || metric === "loss";
  return {
    ...{ "task.template": template, "task.sequence_length": String(sequence_length) },
    ...(isPerToken ? { "the vocabulary's size": String(vocabulary_size) } : {}),
  };
}

/** Where a part comes from. What is cut from the training part depends on the share of each part that is. */
function sourceOf({ data }: Task, split: Split): string {
  if (typeof data === "string") return data;
  const shares = Object.entries({ validation: data.validation, test: data.test }).filter(
    ([, share]) => typeof share === "number",
  );
  const own = data[split];
  if (split !== "train" && typeof own === "string") return own;
  const cut = shares.map(([name, share]) => `${name} ${share}`).join(", ");
  return cut === "" ? data.train : `a cut of ${data.train} (${cut})`;
}

const listed = (columns: object): string =>
  Object.entries(columns)
    .filter(([, name]) => name !== undefined)
    .map(([column, name]) => `${column}=${name}`)
    .join(" ");

const different = (what: string, found: string): EstaError =>
  new EstaError("usage", `the runs differ in ${what}: ${found}`, {
    hint: "Set runs side by side that were measured on the same examples of one task.",
  });
