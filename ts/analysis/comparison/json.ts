/**
 * A comparison as JSON, small enough to be committed as evidence: what was compared and how, the measures of each run
 * with its palette, each arm's paired differences. Stitches outside the palettes are left out.
 */
import type { PairedComparison } from "../paired-comparison.js";
import type { ComparedArm, ComparedRun, ComparisonData } from "./data.js";
import { type ComparedRunSummary, type ComparisonSummary, meanOf, type SameStitches } from "./summary.js";

type Kept = Pick<
  ComparisonData,
  "schema_version" | "title" | "family" | "task" | "axis" | "split" | "reference" | "quick"
> &
  Pick<ComparisonData, "sweep" | "commands" | "step_times" | "environment">;

export interface ComparisonJson extends Kept {
  readonly metric: string;
  readonly hypervolume: {
    readonly reference: { readonly x: number; readonly y: number };
    readonly ideal: { readonly x: number; readonly y: number } | null;
  };
  readonly arms: readonly ArmJson[];
  readonly notes: readonly string[];
}

export interface ArmJson extends Omit<ComparedArm, "runs"> {
  readonly view: string;
  /** Means over the runs; null where a run has no value. */
  readonly mean: Readonly<Record<string, number | null>>;
  readonly paired: Pick<PairedComparison, "seeds" | "level" | "measures"> | null;
  readonly same_stitches: SameStitches | null;
  readonly runs: readonly RunJson[];
}

export interface RunJson extends Pick<ComparedRun, "seed" | "folder" | "plan_sha256" | "score" | "cost"> {
  readonly hypervolume: number;
  readonly hypervolume_all: number | null;
  readonly best: number;
  readonly choice: ComparedRunSummary["choice"];
  readonly rankings: ComparedRunSummary["rankings"];
  readonly palette: readonly Readonly<Record<string, number>>[];
}

export function comparisonJson(
  data: ComparisonData,
  summary: ComparisonSummary,
  notes: readonly string[],
): ComparisonJson {
  const { schema_version, title, family, task, axis, split, reference, quick } = data;
  const { sweep, commands, step_times, environment } = data;
  return {
    ...{ schema_version, title, family, task, axis, split, metric: summary.metric },
    hypervolume: { reference: summary.reference, ideal: summary.ideal },
    ...{ reference, quick, commands, sweep },
    arms: summary.arms.map(({ arm, runs, view, paired, same_stitches }) => {
      const { name, method, settings, same_time_as } = arm;
      return {
        ...{ name, method, settings, same_time_as, view },
        mean: armMeans(arm, runs),
        paired:
          paired === null ? null : { seeds: paired.seeds, level: paired.level, measures: paired.measures },
        same_stitches,
        runs: runs.map((run, i) => runJson(run, arm.runs[i] as ComparedRun, [axis, summary.metric])),
      };
    }),
    ...{ step_times, environment, notes },
  };
}

function armMeans(arm: ComparedArm, runs: readonly ComparedRunSummary[]): Record<string, number | null> {
  const cost = (key: keyof ComparedRun["cost"]) => meanOf(arm.runs, (run) => run.cost[key]);
  return {
    hypervolume: meanOf(runs, (run) => run.hypervolume),
    hypervolume_all: meanOf(runs, (run) => run.hypervolume_all),
    best: meanOf(runs, (run) => run.best),
    networks: meanOf(runs, ({ palette }) => palette.length),
    regret: meanOf(runs, ({ choice }) => choice?.regret ?? null),
    share_of_best: meanOf(runs, ({ choice }) => choice?.share_of_best ?? null),
    ...{ steps: cost("steps"), training_seconds: cost("seconds") },
    ...{ trainable_params: cost("trainable_params"), trainable_bytes: cost("trainable_bytes") },
    stored_bytes: cost("stored_bytes"),
  };
}

function runJson(summary: ComparedRunSummary, run: ComparedRun, fields: readonly string[]): RunJson {
  const { seed, folder, plan_sha256, score, cost } = run;
  const { hypervolume, hypervolume_all, best, choice, rankings, palette } = summary;
  return {
    ...{ seed, folder, plan_sha256, score, cost, hypervolume, hypervolume_all, best, choice, rankings },
    palette: palette.map((stitch) =>
      Object.fromEntries(["id", ...fields].map((key) => [key, stitch[key] as number])),
    ),
  };
}
