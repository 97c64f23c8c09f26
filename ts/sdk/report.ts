/** The report of a run, from what its folder holds: one page to read, send and trust. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname, extname, join, relative } from "node:path";
import type { Chart } from "../analysis/charts/chart.js";
import { makeResultsChart } from "../analysis/charts/results.js";
import { makeReport, type Report } from "../analysis/report.js";
import type { ReportBaseline, ReportData, ReportStitch, TrainingCost } from "../analysis/report-data.js";
import { COST_FIELDS } from "../config/schema/deployment.js";
import type { EngineEvent } from "../engine/events.js";
import type { Split } from "../engine/run-files.js";
import { EstaError } from "../errors.js";
import { type Latencies, latenciesIn, latenciesOf } from "./latencies.js";
import { metricOf } from "./measured.js";
import type { Run } from "./open-run.js";
import { shellWord } from "./starter-config.js";

type EventOf<Name extends EngineEvent["event"]> = Extract<EngineEvent, { event: Name }>;

export interface ReportOptions {
  /** Runs on the same task to set beside it, such as each anchor tuned alone. */
  baselines?: readonly Run[];
  /** The split that the frontier shows; test unless given. */
  split?: Split | undefined;
  /** Batch size of the latencies; that of the last measurement unless given. */
  batchSize?: number | undefined;
}

/** The report of `run`, beside `baselines`. */
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

const FORMS: Record<string, (report: Report) => string | Promise<string>> = {
  ".html": (report) => report.toHTML(),
  ".md": (report) => report.toMarkdown(),
  ".json": (report) => JSON.stringify(report.toJSON(), null, 2),
};

/**
 * Writes each chart of the report into `folder`, as SVG and PNG; gives the paths.
 *
 * @throws EstaError("environment") where the optional package that draws PNG is missing.
 */
export async function writeCharts(run: Run, folder: string, options: ReportOptions = {}): Promise<string[]> {
  const report = await makeRunReport(run, options);
  await mkdir(folder, { recursive: true });
  const written: string[] = [];
  for (const [name, chart] of Object.entries(report.namedCharts())) {
    const files = { svg: await chart.toSVG(), png: await chart.toPNG() };
    for (const [ending, content] of Object.entries(files)) {
      const file = join(folder, `${name}.${ending}`);
      await writeFile(file, content);
      written.push(file);
    }
  }
  return written;
}

/**
 * Writes the report to `out`, whose ending says its form and whose folder is made, or to `report.html` in the run; gives the path.
 *
 * @throws EstaError("usage") for another ending.
 */
export async function writeReport(run: Run, options: ReportOptions & { out?: string } = {}): Promise<string> {
  const file = options.out ?? join(run.folder, "report.html");
  const form = FORMS[extname(file)];
  if (form === undefined) {
    throw new EstaError(
      "usage",
      `the report's file is ${file}; allowed endings: ${Object.keys(FORMS).join(", ")}`,
    );
  }
  const text = await form(await makeRunReport(run, options));
  await mkdir(dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}.tmp`;
  await writeFile(unfinished, text);
  await rename(unfinished, file);
  return file;
}

async function reportData(run: Run, options: ReportOptions): Promise<ReportData> {
  const { baselines = [], split = "test", batchSize } = options;
  const latencies = latenciesOf(run, batchSize);
  const { plan, environment } = run;
  const { config, family } = plan;
  const events = await run.events();
  const started = events.find((event) => event.event === "started");
  return {
    schema_version: 1,
    title: `${family.name} adapted to ${dataName(run)}`,
    run_id: environment?.run_id ?? null,
    created: started?.time ?? null,
    family: { name: family.name, kind: family.kind, anchors: plan.anchors },
    task: {
      type: config.task?.type ?? "none",
      data: dataName(run),
      metric: metricOf(run),
      // The head of a language model puts out its vocabulary, which is no classes.
      classes: config.task?.type === "instruction-tuning" ? null : family.classes,
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
    score_momentum: config.method.name === "esta" ? config.method.importance.momentum : null,
    split,
    config,
    environment: environment ?? null,
    commands: commands(run, baselines),
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
  const metrics = new Map<number, Record<string, Record<string, number | null>>>();
  for (const { stitch, split, metrics: values } of run.evaluations) {
    metrics.set(stitch, { ...metrics.get(stitch), [split]: values });
  }
  return run.plan.stitches.map(({ id, name, route, macs, params, memory_bytes, interval }) => ({
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

export function dataName({ plan }: Run): string {
  const data = plan.config.task?.data;
  return typeof data === "object" ? data.train : (data ?? "no task");
}

function commands(run: Run, baselines: readonly Run[]): string[] {
  const path = (folder: string) => relative(process.cwd(), folder) || ".";
  return [run, ...baselines].map(
    ({ folder }) => `esta adapt ${shellWord(`${path(folder)}/plan.json`)} --run-dir NEW_FOLDER`,
  );
}

function of<Name extends EngineEvent["event"]>(events: readonly EngineEvent[], name: Name): EventOf<Name>[] {
  return events.filter((event): event is EventOf<Name> => event.event === name);
}
