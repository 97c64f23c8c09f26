/** A run folder as a comparison takes it: every stitch with its costs, scores and the metrics of one split. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ComparedRun, ComparedStitch, ComparisonData } from "../analysis/comparison/data.js";
import { trainingLossScores } from "../analysis/training-history.js";
import { COST_FIELDS } from "../config/schema/deployment.js";
import { scoreMomentum } from "../config/schema/method.js";
import type { EngineEvent } from "../engine/events.js";
import type { Environment, Split } from "../engine/run-files.js";
import { EstaError } from "../errors.js";
import { shownPath } from "./command-words.js";
import { classesOf, dataName, examplesOf, isDrawnBySeed, requireSameExamples } from "./common-ground.js";
import { guessOf, metricOf } from "./measured.js";
import { paletteOf, type Run } from "./open-run.js";
import { planHash } from "./plan-hash.js";
import { reportStitches, trainingCost } from "./report.js";

/** @throws EstaError("usage") where the run has not finished. */
export async function comparedRun(run: Run, split: Split): Promise<ComparedRun> {
  const { score } = paletteOf(run);
  const events = await run.events();
  const { seeds } = run.plan.config.training;
  const scoresOf = namedScores(run, events, score);
  const adapter = join(run.folder, "palette", "adapter.safetensors");
  return {
    seed: seeds.data,
    folder: shownPath(run.folder),
    plan_sha256: planHash(run.plan),
    score,
    stitches: reportStitches(run, events).map((stitch): ComparedStitch => {
      const { id, name, macs, params, memory_bytes, interval, is_anchor, in_palette, metrics } = stitch;
      const measured = Object.entries(metrics[split] ?? {}).filter(([, value]) => value !== null);
      return {
        ...Object.fromEntries(measured),
        ...{ id, name, macs, params, memory_bytes, interval, is_anchor, in_palette },
        scores: scoresOf(stitch),
      };
    }),
    cost: {
      ...trainingCost(run, events),
      stored_bytes: existsSync(adapter) ? statSync(adapter).size : null,
    },
  };
}

/** The score that chose, the running training loss, which every run's steps tell, and what was recorded besides. */
function namedScores(run: Run, events: readonly EngineEvent[], score: string) {
  const steps = events.filter((event) => event.event === "step");
  const losses =
    score === "training-loss" ? null : trainingLossScores(steps, scoreMomentum(run.plan.config.method));
  const also = events.findLast((event) => event.event === "palette_chosen")?.also ?? {};
  return ({ id, score: own }: { id: number; score: number | null }): Record<string, number | null> => ({
    [score]: own,
    ...(losses === null ? {} : { "training-loss": losses.get(id) ?? null }),
    ...Object.fromEntries(Object.entries(also).map(([name, scores]) => [name, scores[id] ?? null])),
  });
}

type About = Pick<ComparisonData, "family" | "task" | "axis" | "environment">;

/**
 * What all runs have in common: family, task, axis; and the environment of the first.
 *
 * @throws EstaError("usage") for runs of different tasks, or measured on other examples, which no comparison can set right.
 */
export function commonGround(runs: readonly Run[], split: Split): About {
  const [first] = runs;
  if (first === undefined) throw new EstaError("usage", "there are no finished runs to compare");
  requireSameExamples(runs, split);
  const { plan, environment } = first;
  return {
    family: [...new Set(runs.map((run) => run.plan.family.name))].join(", "),
    task: {
      type: plan.config.task?.type ?? "none",
      ...{ data: shownData(dataName(plan)), metric: metricOf(first) },
      ...{ classes: classesOf(plan), examples: examplesOf(first, split) },
      guess: runs.map((run) => guessOf(run, split)).find((guess) => guess !== null) ?? null,
      drawn_by_seed: isDrawnBySeed(plan, split),
    },
    axis: COST_FIELDS[plan.config.deployment.axis],
    environment: environment === undefined ? null : kept(environment),
  };
}

/** Whether all runs are of one state of estakit, one device, and one set of packages: times are of these, and results may be. */
export function environmentNotes(runs: readonly Run[]): string[] {
  const known = runs.flatMap(({ environment }) => (environment === undefined ? [] : [environment]));
  const differing = Object.entries({
    "commit of estakit": ({ git }) =>
      git === null ? "none" : `${git.commit}${git.dirty ? ", changed" : ""}`,
    device: ({ device_name }) => device_name,
    threads: ({ threads }) => String(threads),
    packages: ({ packages }) => JSON.stringify(Object.entries(packages).sort()),
  } satisfies Record<string, (environment: Environment) => string>).filter(
    ([, of]) => new Set(known.map(of)).size > 1,
  );
  if (differing.length === 0) return [];
  const names = differing.map(([name]) => name).join(", ");
  return [
    `The runs differ in ${names}, so that differences between them may be of that too; the environment shown is the first run's.`,
  ];
}

function kept(environment: Environment): ComparisonData["environment"] {
  const { platform, device_name, threads, packages, git } = environment;
  // The system and its processor, without the kernel's own version: it says nothing of results.
  const [system = platform] = platform.split("-");
  const processor = /x86_64|amd64|aarch64|arm64/i.exec(platform)?.[0];
  return {
    platform: processor === undefined ? system : `${system} ${processor}`,
    ...{ device_name, threads, packages, git },
  };
}

const shownData = (data: string): string => (data.startsWith("/") ? shownPath(data) : data);
