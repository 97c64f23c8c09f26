/**
 * Runs the cells of a sweep on this machine, a bounded number at a time. Finished runs are kept, interrupted ones go on
 * from their checkpoints, a cell that fails is reported and the others go on: the same call again does what is left.
 */
import { availableParallelism } from "node:os";
import type { StepTimes } from "../analysis/comparison/data.js";
import { EventQueue } from "../engine/event-queue.js";
import type { EngineEvent } from "../engine/events.js";
import { findInterpreter } from "../engine/interpreter.js";
import { EstaError } from "../errors.js";
import type { Plan } from "../planning/plan-schema.js";
import { requireOneTask } from "./common-ground.js";
import type { EngineJob, EngineOptions } from "./engine-job.js";
import { openRun, type Run } from "./open-run.js";
import type { Sweep } from "./read-sweep.js";
import { planCell, type SweepCell } from "./sweep/cells.js";
import { cellState, runCell } from "./sweep/run-cell.js";
import { measureStepTimes, stepsOfSameTime } from "./sweep/step-times.js";

export interface RunSweepOptions extends EngineOptions {
  /** Runs at a time; as many as there are cores for their threads unless given. */
  workers?: number;
  allowDownload?: boolean;
}

export interface CellName {
  readonly arm: string;
  readonly seed: number;
}

export type SweepEvent =
  /** All cells, and how many of them have to run. */
  | { event: "planned"; cells: readonly CellName[]; to_run: number; workers: number }
  /** A short training by which the steps of an arm of equal time are found. */
  | { event: "timing"; arm: string; round: number; rounds: number }
  | ({ event: "cell"; state: "started" | "resumed" | "evaluating"; plan: Plan; folder: string } & CellName)
  | ({ event: "cell"; state: "kept" | "finished" | "stopped"; folder: string } & CellName)
  | ({ event: "cell"; state: "failed"; folder: string; error: Error } & CellName)
  /** What the engine of a running cell says. */
  | ({ event: "engine"; engine: EngineEvent } & CellName);

export interface CellResult extends CellName {
  readonly folder: string;
  /** `left`: not begun, since the sweep was stopped. */
  readonly state: "kept" | "finished" | "failed" | "stopped" | "left";
  /** Where it finished, now or before. */
  readonly run: Run | null;
  readonly error: Error | null;
}

export interface SweepResult {
  /** `stopped`: on request; the same call goes on. */
  readonly status: "finished" | "stopped";
  readonly cells: readonly CellResult[];
  readonly step_times: StepTimes | null;
}

/** A running sweep. Iterate it for its events (once); await `result` for its end. */
export interface SweepJob extends AsyncIterable<SweepEvent> {
  readonly result: Promise<SweepResult>;
  /** Lets each run write a checkpoint and end; no other begins. */
  cancel(): void;
  /** Ends all runs at once. */
  kill(): void;
}

/** Starts to run what of `sweep` is not finished yet. */
export function runSweep(sweep: Sweep, options: RunSweepOptions = {}): SweepJob {
  const work = new SweepWork(sweep, options);
  // Whoever only iterates must not meet an unhandled rejection; whoever awaits `result` still sees it.
  work.result.catch(() => {});
  return {
    result: work.result,
    cancel: () => work.abort.abort(),
    kill: () => work.kill(),
    [Symbol.asyncIterator]: () => work.events[Symbol.asyncIterator](),
  };
}

class SweepWork {
  readonly events = new EventQueue<SweepEvent>();
  readonly abort = new AbortController();
  readonly result: Promise<SweepResult>;
  readonly #sweep: Sweep;
  readonly #options: RunSweepOptions;
  readonly #signal: AbortSignal;
  readonly #jobs = new Set<EngineJob<Run>>();

  constructor(sweep: Sweep, options: RunSweepOptions) {
    this.#sweep = sweep;
    this.#options = options;
    const { signal } = this.abort;
    this.#signal = options.signal ? AbortSignal.any([options.signal, signal]) : signal;
    this.result = this.#run().finally(() => this.events.end());
  }

  kill(): void {
    this.abort.abort();
    for (const job of this.#jobs) job.kill();
  }

  async #run(): Promise<SweepResult> {
    checkWorkers(this.#options.workers); // before anything is measured
    const { cells, step_times } = await this.#plan();
    const results = new Map<SweepCell, CellResult>();
    const waiting: SweepCell[] = [];
    for (const cell of cells) {
      if ((await cellState(cell, this.#sweep.evaluate)) !== "finished") waiting.push(cell);
      else
        results.set(cell, { ...nameOf(cell), state: "kept", run: await openRun(cell.folder), error: null });
    }
    const workers = Math.min(this.#workers(cells), Math.max(1, waiting.length));
    this.events.push({ event: "planned", cells: cells.map(nameOf), to_run: waiting.length, workers });
    for (const { arm, seed, folder } of results.values()) {
      this.events.push({ event: "cell", state: "kept", arm, seed, folder });
    }
    // Once, instead of the same failure for each cell.
    if (waiting.length > 0)
      await findInterpreter({ python: this.#options.python ?? cells[0]?.plan.config.run.python });
    const queue = [...waiting];
    const work = async () => {
      for (let cell = queue.shift(); cell !== undefined && !this.#signal.aborted; cell = queue.shift()) {
        results.set(cell, await this.#runOne(cell));
      }
    };
    await Promise.all(Array.from({ length: workers }, work));
    return {
      status: this.#signal.aborted ? "stopped" : "finished",
      cells: cells.map(
        (cell) => results.get(cell) ?? { ...nameOf(cell), state: "left", run: null, error: null },
      ),
      step_times,
    };
  }

  /** Every arm once, before anything is timed: its mistakes, and that it can stand beside the others. */
  async #check(): Promise<void> {
    const { arms, seeds } = this.#sweep;
    const named = arms.map(async (arm) => {
      const steps = arm.same_time_as === null ? {} : { steps: 1 };
      const { plan } = await planCell(this.#sweep, arm, seeds[0] as number, steps);
      return { name: `arm ${arm.name}`, plan };
    });
    requireOneTask(await Promise.all(named), "test");
  }

  /** Seeds outermost, so that a sweep stopped early has whole pairs. */
  async #plan(): Promise<{ cells: SweepCell[]; step_times: StepTimes | null }> {
    const { arms, seeds } = this.#sweep;
    await this.#check();
    const times = await this.#stepTimes();
    const cells: SweepCell[] = [];
    for (const seed of seeds) {
      const own = new Map<string, SweepCell>();
      for (const arm of arms) {
        if (arm.same_time_as === null) own.set(arm.name, await planCell(this.#sweep, arm, seed));
      }
      for (const arm of arms) {
        const planned = own.get(arm.name);
        if (planned !== undefined) cells.push(planned);
        const target = own.get(arm.same_time_as ?? "");
        if (planned !== undefined || target === undefined || times === null) continue;
        const probe = await planCell(this.#sweep, arm, seed, { steps: 1 });
        cells.push(await planCell(this.#sweep, arm, seed, { steps: stepsOfSameTime(times, probe, target) }));
      }
    }
    return { cells, step_times: times };
  }

  async #stepTimes(): Promise<StepTimes | null> {
    const { timed } = this.#sweep;
    if (timed.length === 0) return null;
    return measureStepTimes(this.#sweep, timed, {
      ...this.#engineOptions(),
      onRound: (arm, round, rounds) => this.events.push({ event: "timing", arm, round, rounds }),
      onJob: (job) => {
        this.#jobs.clear(); // one at a time
        this.#jobs.add(job);
      },
    });
  }

  async #runOne(cell: SweepCell): Promise<CellResult> {
    const name = nameOf(cell);
    const tell = (event: SweepEvent) => this.events.push(event);
    const jobs: EngineJob<Run>[] = [];
    try {
      const run = await runCell(cell, {
        ...this.#engineOptions(),
        evaluate: this.#sweep.evaluate,
        onPhase: (state) => tell({ event: "cell", state, plan: cell.plan, ...name }),
        onEvent: (engine) => tell({ event: "engine", engine, arm: cell.arm, seed: cell.seed }),
        onJob: (job) => {
          jobs.push(job);
          this.#jobs.add(job);
        },
      });
      const state = run === null ? "stopped" : "finished";
      tell({ event: "cell", state, ...name });
      return { ...name, state, run, error: null };
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      // Killed on request, it is not its failure.
      if (this.#signal.aborted) {
        tell({ event: "cell", state: "stopped", ...name });
        return { ...name, state: "stopped", run: null, error: null };
      }
      tell({ event: "cell", state: "failed", error, ...name });
      return { ...name, state: "failed", run: null, error };
    } finally {
      for (const job of jobs) this.#jobs.delete(job);
    }
  }

  #engineOptions(): EngineOptions & { allowDownload: boolean } {
    const { python, allowDownload } = this.#options;
    return {
      signal: this.#signal,
      allowDownload: allowDownload ?? false,
      ...(python === undefined ? {} : { python }),
    };
  }

  #workers(cells: readonly SweepCell[]): number {
    const { workers } = this.#options;
    if (workers === undefined) {
      const threads = Math.max(1, ...cells.map(({ plan }) => plan.config.run.threads ?? 1));
      return Math.max(1, Math.floor(availableParallelism() / threads));
    }
    return workers;
  }
}

function checkWorkers(workers: number | undefined): void {
  if (workers === undefined || (Number.isInteger(workers) && workers >= 1)) return;
  throw new EstaError("usage", `workers: got ${workers}; allowed: an integer from 1`);
}

const nameOf = ({ arm, seed, folder }: SweepCell): CellName & { folder: string } => ({ arm, seed, folder });
