/** Compares what of a sweep has finished. */
import type { ComparedArm } from "../analysis/comparison/data.js";
import { type ArmComparison, makeComparison } from "../analysis/comparison.js";
import type { Split } from "../engine/run-files.js";
import { shellWord, shownPath } from "./command-words.js";
import { commonGround, comparedRun, environmentNotes } from "./compared-run.js";
import type { Sweep } from "./read-sweep.js";
import type { SweepResult } from "./run-sweep.js";

export interface CompareSweepOptions {
  split?: Split;
}

/** Sets the arms of a sweep side by side, by those of its runs that have finished. @throws EstaError("usage") where none has. */
export async function compareSweep(
  sweep: Sweep,
  result: SweepResult,
  options: CompareSweepOptions = {},
): Promise<ArmComparison> {
  const split = options.split ?? "test";
  const finished = result.cells.flatMap(({ run }) => (run === null ? [] : [run]));
  const common = commonGround(finished, split);
  const arms: ComparedArm[] = [];
  for (const { name, settings, same_time_as } of sweep.arms) {
    const runs = result.cells.flatMap(({ arm, run }) => (arm === name && run !== null ? [run] : []));
    const method = runs[0]?.plan.config.method.name;
    if (method === undefined) continue;
    const compared = await Promise.all(runs.map((run) => comparedRun(run, split)));
    arms.push({ ...{ name, method, settings, same_time_as }, runs: compared });
  }
  const missing = result.cells
    .filter(({ run }) => run === null)
    .map(({ arm, seed }) => `${arm} with seed ${seed}`);
  const [{ name: first }] = arms as [ComparedArm];
  const reference = arms.some(({ name }) => name === sweep.reference) ? sweep.reference : first;
  return makeComparison({
    schema_version: 1,
    title: sweep.title,
    ...common,
    split,
    reference,
    arms,
    step_times: result.step_times,
    quick: sweep.quick,
    sweep: sweep.written,
    commands: [sweepCommand(sweep)],
    notes: [
      ...(missing.length === 0 ? [] : [`Without runs that did not finish: ${missing.join(", ")}.`]),
      ...(reference === sweep.reference
        ? []
        : [`No run of ${sweep.reference} finished, so that differences are to ${reference}.`]),
      ...environmentNotes(finished),
    ],
  });
}

/** The command that does, or goes on with, a sweep. */
export function sweepCommand(sweep: Sweep): string {
  return ["esta", "compare", shownPath(sweep.file), ...sweep.flags].map(shellWord).join(" ");
}
