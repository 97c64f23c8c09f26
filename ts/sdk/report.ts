/** The report of a run, from what its folder holds: one page to read, send and trust. */
import type { Chart } from "../analysis/charts/chart.js";
import { makeResultsChart } from "../analysis/charts/results.js";
import { makeReport, type Report } from "../analysis/report.js";
import type { ReportBaseline, ReportData, ReportStitch, TrainingCost } from "../analysis/report-data.js";
import { COST_FIELDS } from "../config/schema/deployment.js";
import { scoreMomentum } from "../config/schema/method.js";
import type { EngineEvent } from "../engine/events.js";
import type { Split } from "../engine/run-files.js";
import { EstaError } from "../errors.js";
import { isWholeAnchor } from "../planning/plan-schema.js";
import { repeatCommand, shownPath } from "./command-words.js";
import { classesOf, dataName, requireSameDraw } from "./common-ground.js";
import { type Latencies, latenciesIn, latenciesOf } from "./latencies.js";
import { guessOf, metricOf, metricsByStitch } from "./measured.js";
import { paletteOf, type Run } from "./open-run.js";

type EventOf<Name extends EngineEvent["event"]> = Extract<EngineEvent, { event: Name }>;

export interface ReportOptions {
  /** Runs on the same task to set beside it, such as each anchor tuned alone. */
  baselines?: readonly Run[];
  /** The split that the frontier shows; test unless given. */
  split?: Split | undefined;
  /** Batch size of the latencies; that of the last measurement unless given. */
  batchSize?: number | undefined;
}

/** The report of `run`, beside `baselines`. @throws EstaError("usage") for those that cannot stand beside it. */
export async function makeRunReport(run: Run, options: ReportOptions = {}): Promise<Report> {
  return makeReport(await reportData(run, options));
}

/** The frontier of `run` as a chart. */
export async function resultsChart(
  run: Run,
  { cost, ...options }: ReportOptions & { cost?: string | undefined } = {},
): Promise<Chart> {
  return makeResultsChart(await reportData(run, options), { split: options.split, cost });
}

/**
 * Requires that each baseline is a finished run, another one than `run`, measured on the same examples.
 *
 * @throws EstaError("usage")
 */
export function checkBaselines(run: Run, baselines: readonly Run[], { split = "test" }: ReportOptions): void {
  for (const other of baselines) {
    if (other.folder === run.folder) {
      throw new EstaError("usage", `${shownPath(run.folder)} is to stand beside itself`, {
        hint: "Name other runs after it, or none.",
      });
    }
    paletteOf(other);
  }
  requireSameDraw([run, ...baselines], split);
}

async function reportData(run: Run, options: ReportOptions): Promise<ReportData> {
  const { baselines = [], split = "test", batchSize } = options;
  checkBaselines(run, baselines, options);
  const latencies = latenciesOf(run, batchSize);
  const { plan, environment } = run;
  const { config, family } = plan;
  const events = await run.events();
  const started = events.find((event) => event.event === "started");
  return {
    schema_version: 1,
    title: `${family.name} adapted to ${dataName(plan)}`,
    run_id: environment?.run_id ?? null,
    created: started?.time ?? null,
    family: { name: family.name, kind: family.kind, anchors: plan.anchors },
    task: {
      type: config.task?.type ?? "none",
      data: dataName(plan),
      metric: metricOf(run),
      classes: classesOf(plan),
      guess: guessOf(run, split),
      examples: Object.fromEntries(
        run.evaluations.map((evaluation) => [evaluation.split, evaluation.examples]),
      ),
    },
    method: { name: config.method.name, score: run.palette?.score ?? null },
    latency: latencies?.setting ?? null,
    deployment: { axis: COST_FIELDS[config.deployment.axis], intervals: plan.intervals },
    stitches: reportStitches(run, events, latencies),
    cost: trainingCost(run, events),
    baselines: await Promise.all(baselines.map((baseline) => asBaseline(baseline, latencies))),
    steps: of(events, "step"),
    samples: await run.samples(),
    score_momentum: scoreMomentum(config.method),
    split,
    config,
    environment: environment ?? null,
    commands: [run, ...baselines].map(({ folder }) => repeatCommand(folder)),
    notes: of(events, "warning").map(({ message }) => message),
  };
}

/** Latencies of a baseline stand beside the run's where both were measured in one setting. */
async function asBaseline(run: Run, wanted: Latencies | undefined): Promise<ReportBaseline> {
  const events = await run.events();
  const { name } = run.plan.config.method;
  const latencies = wanted === undefined ? undefined : latenciesIn(run, wanted.setting);
  return {
    name,
    method: name,
    stitches: reportStitches(run, events, latencies),
    cost: trainingCost(run, events),
  };
}

/** Every stitch of the plan with what is known of it. */
export function reportStitches(
  run: Run,
  events: readonly EngineEvent[],
  latencies?: Latencies,
): ReportStitch[] {
  const chosen = of(events, "palette_chosen").at(-1);
  const kept = new Set(chosen?.stitches);
  const metrics = metricsByStitch(run);
  return run.plan.stitches.map(({ id, name, route, macs, params, memory_bytes, interval }) => ({
    is_anchor: isWholeAnchor({ route }),
    ...{ id, name, route, macs, params, memory_bytes, interval },
    latency_ms: latencies?.median_ms.get(id) ?? null,
    in_palette: kept.has(id),
    score: chosen?.scores[id] ?? null,
    draws: chosen?.draws[id] ?? null,
    metrics: metrics.get(id) ?? {},
  }));
}

/** What training took: the steps as they were finally taken, without what a crash threw away. */
export function trainingCost(run: Run, events: readonly EngineEvent[]): TrainingCost {
  const steps = of(events, "step");
  const { trainable_bytes, gradient_bytes, optimizer_bytes, training_bytes } = run.plan.memory;
  return {
    steps: steps.length === 0 ? null : steps.length,
    seconds: steps.length === 0 ? null : steps.reduce((sum, step) => sum + step.step_ms, 0) / 1000,
    trainable_params: trainable_bytes / Float32Array.BYTES_PER_ELEMENT,
    trainable_bytes: trainable_bytes + gradient_bytes + optimizer_bytes,
    training_bytes,
  };
}

function of<Name extends EngineEvent["event"]>(events: readonly EngineEvent[], name: Name): EventOf<Name>[] {
  return events.filter((event): event is EventOf<Name> => event.event === name);
}
