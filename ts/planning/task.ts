/** How many classes a task has: given, known, or counted in the data. */
import { BUILT_IN_DATA, type TaskConfig } from "../config/schema/task.js";
import { EstaError } from "../errors.js";
import { countClasses } from "./count-classes.js";

/**
 * Outputs of the task's head; null without a task.
 *
 * @throws EstaError("configuration") if they are neither given nor countable, or contradict a built-in's.
 */
export async function taskClasses(task: TaskConfig | undefined): Promise<number | null> {
  if (task === undefined) return null;
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
