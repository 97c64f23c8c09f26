/** What a task asks of a family: a kind that fits it, the outputs of the head, and how long its texts are. */
import type { FamilyKind, InlineFamily } from "../config/schema/family.js";
import {
  BUILT_IN_DATA,
  type InstructionTuningTask,
  type TaskConfig,
  type TaskType,
} from "../config/schema/task.js";
import { EstaError } from "../errors.js";
import { ownClasses } from "./architectures/index.js";
import { countClasses } from "./count-classes.js";
import type { ResolvedFamily } from "./family.js";
import { Problems } from "./problems.js";

/** Kinds of families that each type of task adapts. */
export const KINDS_FOR_TASK: Readonly<Record<TaskType, readonly FamilyKind[]>> = {
  "image-classification": ["vit", "dinov2"],
  "text-classification": ["bert"],
  "instruction-tuning": ["llama"],
};

/**
 * The family as the task uses it: its texts are as long as the task says.
 *
 * @throws EstaError("configuration") if the kind does not fit the task, or its positions do not reach so far.
 */
export function familyForTask(family: ResolvedFamily, task: TaskConfig | undefined): ResolvedFamily {
  if (task === undefined) return family;
  const { shape, name } = family;
  const problems = new Problems();
  const kinds = KINDS_FOR_TASK[task.type];
  if (!kinds.includes(shape.kind)) {
    problems.add(
      "task.type",
      `got ${task.type} with the family ${name} of kind ${shape.kind}; allowed: families of kind ${kinds.join(" or ")}`,
    );
    problems.throwIfAny("the task", `A family of kind ${shape.kind} serves ${tasksFor(shape.kind)}.`);
  }
  if (task.type === "image-classification" || task.sequence_length === undefined) return family;
  return { ...family, shape: withLength(shape, task.sequence_length, problems) };
}

const tasksFor = (kind: FamilyKind): string =>
  (Object.keys(KINDS_FOR_TASK) as TaskType[])
    .filter((type) => KINDS_FOR_TASK[type].includes(kind))
    .join(" and ");

function withLength(shape: InlineFamily, length: number, problems: Problems): InlineFamily {
  if (!("max_positions" in shape)) return shape;
  if (length > shape.max_positions) {
    problems.add(
      "task.sequence_length",
      `got ${length}; allowed: at most the family's max_positions, ${shape.max_positions}`,
    );
  }
  problems.throwIfAny("the task", "Longer texts are cut to sequence_length.");
  return { ...shape, sequence_length: length };
}

/** Whether the anchors' own head stays, with their vocabulary as its outputs: there is no task, or it is to write. */
export const keepsHead = (task: TaskConfig | undefined): task is InstructionTuningTask | undefined =>
  task === undefined || task.type === "instruction-tuning";

/**
 * Outputs of the head: the task's classes; the family's own, such as a vocabulary, without a task or where the
 * task keeps the head.
 *
 * @throws EstaError("configuration") if they are neither given nor countable, or contradict a built-in's.
 */
export async function headOutputs(task: TaskConfig | undefined, shape: InlineFamily): Promise<number> {
  if (keepsHead(task)) return ownClasses(shape);
  if (typeof task.data === "string") {
    const { classes } = BUILT_IN_DATA[task.data];
    if (task.classes !== undefined && task.classes !== classes) {
      throw new EstaError("configuration", `task.classes: got ${task.classes}; ${task.data} has ${classes}`, {
        hint: "Leave task.classes out.",
      });
    }
    return classes;
  }
  if (task.classes !== undefined) return task.classes;
  return await countClasses(task.data);
}
