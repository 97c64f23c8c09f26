/** What is known while `esta init` asks: the answers so far, what was found, and what the plan would be. */
import { DEFAULT_METHOD } from "../../../config/schema/method.js";
import type { TaskType } from "../../../config/schema/task.js";
import type { Plan } from "../../../planning/plan-schema.js";
import { estimateRun } from "../../../sdk/estimate-run.js";
import type { FittingFamily } from "../../../sdk/families-for-task.js";
import type { FoundData, SkippedData } from "../../../sdk/inspect-data.js";
import { type StarterAnswers, starterPlan, taskOf } from "../../../sdk/starter-config.js";

export interface Draft {
  /** The file that will be written, and whether one that is there may be replaced. */
  file: string;
  force: boolean;
  /** The folder that was looked at. */
  folder: string;
  found: readonly FoundData[];
  skipped: readonly SkippedData[];
  /** Families that fit each type of task. */
  families: Readonly<Record<TaskType, readonly FittingFamily[]>>;
  /** What flags answered, and so is not asked. */
  given: ReadonlySet<keyof StarterAnswers | "classes">;
  answers: Partial<StarterAnswers>;
  /** The chosen data, where it is files. */
  data?: FoundData | undefined;
}

/** What a question is answered with where nobody answers it. */
export const DEFAULTS = { method: DEFAULT_METHOD, axis: "macs", intervals: 5 } as const;

/** The answers so far with `change`, and defaults for what was not asked yet. */
export function filled(draft: Draft, change: Partial<StarterAnswers> = {}): StarterAnswers {
  return { ...DEFAULTS, data: "digits", family: defaultFamily(draft), ...draft.answers, ...change };
}

/** The type of task that the chosen data serve; images until some are chosen. */
export const draftTask = ({ answers }: Draft): TaskType => taskOf(answers.data ?? "digits");

/** The families that fit it. */
export const fittingFamilies = (draft: Draft): readonly FittingFamily[] => draft.families[draftTask(draft)];

/** The first family that needs no download: models of one's own, else an embedded one; else the first. */
export function defaultFamily(draft: Draft): string | string[] {
  const families = fittingFamilies(draft);
  const ready = families.find(({ to_download }) => to_download.length === 0);
  return (ready ?? families[0])?.family ?? "tiny-vit";
}

export type Preview = { plan: Plan; steps: number; seconds: number | null } | { fault: string; error: Error };

/** The plan that the answers with `change` would give, or why there would be none. */
export async function preview(draft: Draft, change: Partial<StarterAnswers> = {}): Promise<Preview> {
  try {
    const answers = filled(draft, change);
    const known = typeof answers.data === "string" ? null : (answers.data.classes ?? draft.data?.class_count);
    const plan = await starterPlan(answers, draft.file, known);
    const { seconds } = estimateRun(plan, draft.data?.examples);
    return { plan, steps: plan.config.training.steps ?? 0, seconds };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { fault: lastLine(error.message), error };
  }
}

/** The finding itself: a configuration error names its source on the first line. */
function lastLine(message: string): string {
  const line = message.trim().split("\n").at(-1) ?? message;
  return line.replace(/^\s*the answers:\d+:\d+: /, "").trim();
}
