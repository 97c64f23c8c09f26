/** Shows a sweep while it runs; Ctrl-C lets the runs write checkpoints, a second one ends them at once. */
import { constants } from "node:os";
import { formatSeconds } from "../../analysis/fields.js";
import { EstaError } from "../../errors.js";
import { RunTracker } from "../../sdk/run-progress.js";
import type { SweepEvent, SweepJob, SweepResult } from "../../sdk/run-sweep.js";
import { LiveBlock } from "./live-block.js";
import type { Output } from "./output.js";
import { type SweepState, sweepLines } from "./sweep-view.js";
import { canRedraw, hasUnicode } from "./terminal.js";

const REDRAW_MS = 250;

/** Follows `job` to its end; sets the exit code where a signal stopped it. */
export async function followSweep(
  job: SweepJob,
  output: Output,
  resumeCommand: string,
): Promise<SweepResult> {
  const view = new SweepProgress(output);
  const signals = listenForSignals(job, view);
  try {
    for await (const event of job) view.show(event);
    const result = await job.result;
    view.end();
    const signal = signals.received();
    if (result.status === "stopped") {
      const left = result.cells.filter(({ state }) => state === "stopped" || state === "left").length;
      output.note(
        `stopped${signal ? ` by ${signal}` : ""}: ${left === 1 ? "1 run is" : `${left} runs are`} left; go on with: ${resumeCommand}`,
      );
      process.exitCode = 128 + constants.signals[signal ?? "SIGTERM"];
    }
    return result;
  } finally {
    view.end();
    signals.release();
  }
}

function listenForSignals(job: SweepJob, view: SweepProgress) {
  let first: NodeJS.Signals | undefined;
  const stop = (signal: NodeJS.Signals) => {
    if (first !== undefined) return job.kill();
    first = signal;
    view.note(`${signal}: each run writes a checkpoint; once more to stop at once`);
    job.cancel();
  };
  const names = ["SIGINT", "SIGTERM"] as const;
  for (const name of names) process.on(name, stop);
  return {
    received: () => first,
    release: () => {
      for (const name of names) process.off(name, stop);
    },
  };
}

interface Running {
  readonly name: string;
  readonly began: number;
  readonly tracker: RunTracker;
}

/** A block with a line a run on a terminal, else a line when a run begins or ends. */
class SweepProgress {
  readonly #output: Output;
  readonly #block: LiveBlock | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #running = new Map<string, Running>();
  /** Seconds of the runs that finished. */
  readonly #taken: number[] = [];
  readonly #warned = new Set<string>();
  #toRun = 0;
  #workers = 1;
  #done = 0;
  #failed = 0;
  #drawnAt = 0;

  constructor(output: Output) {
    this.#output = output;
    if (output.json || !canRedraw()) return;
    this.#block = new LiveBlock(process.stderr);
    this.#timer = setInterval(() => this.#draw(), 1000).unref();
  }

  show(event: SweepEvent): void {
    if (event.event === "planned") this.#planned(event);
    else if (event.event === "timing") {
      this.note(`measuring the step time of ${event.arm}, round ${event.round} of ${event.rounds}`);
    } else if (event.event === "engine") {
      this.#running.get(keyOf(event))?.tracker.add(event.engine);
      if (event.engine.event === "warning") this.#warn(keyOf(event), event.engine.message);
    } else this.#cell(event);
    if (event.event !== "engine" || performance.now() - this.#drawnAt > REDRAW_MS) this.#draw();
  }

  note(text: string): void {
    this.#block?.clear();
    this.#output.note(text);
  }

  /** Once, though every arm and seed has cause to say it. */
  #warn(name: string, message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.note(`${name}: warning: ${message}`);
  }

  /** Takes the block away, for good. */
  end(): void {
    clearInterval(this.#timer);
    this.#block?.clear();
  }

  #planned({ cells, to_run, workers }: Extract<SweepEvent, { event: "planned" }>): void {
    this.#toRun = to_run;
    this.#workers = workers;
    const kept = cells.length - to_run;
    const parts = [
      kept > 0 ? `${kept} finished before` : "",
      to_run > 0 ? `${to_run} to run, ${workers} at a time` : "",
    ];
    this.note(`${cells.length} runs: ${parts.filter((part) => part !== "").join(", ")}`);
  }

  #cell(event: Extract<SweepEvent, { event: "cell" }>): void {
    const name = keyOf(event);
    const running = this.#running.get(name);
    if (event.state === "started" || event.state === "resumed" || event.state === "evaluating") {
      const began = running?.began ?? performance.now();
      this.#running.set(name, { name, began, tracker: new RunTracker(event.plan) });
      if (this.#block === undefined && event.state !== "evaluating") this.note(`${event.state}  ${name}`);
      return;
    }
    this.#running.delete(name);
    if (event.state === "kept" || event.state === "stopped") return;
    const seconds = running === undefined ? 0 : (performance.now() - running.began) / 1000;
    this.#done += 1;
    if (event.state === "finished") this.#taken.push(seconds);
    else this.#failed += 1;
    const { paint } = this.#output;
    const state = event.state === "failed" ? paint.red("failed  ") : "finished";
    this.note(`${state} ${name}  ${this.#done}/${this.#toRun}  ${formatSeconds(seconds)}`);
    if (event.state === "failed") this.note(`  ${failureText(event.error)}`);
  }

  #draw(): void {
    this.#drawnAt = performance.now();
    if (this.#block === undefined) return;
    if (this.#running.size === 0) {
      this.#block.clear();
      return;
    }
    const options = {
      columns: process.stderr.columns ?? 80,
      unicode: hasUnicode(),
      paint: this.#output.paint,
    };
    const lines = sweepLines(this.#state(), options);
    this.#block.draw(lines.slice(0, Math.max(1, (process.stderr.rows ?? 24) - 2)));
  }

  #state(): SweepState {
    const running = [...this.#running.values()].map(({ name, tracker }) => ({
      name,
      progress: tracker.progress,
    }));
    const each = this.#taken.reduce((sum, seconds) => sum + seconds, 0) / this.#taken.length;
    const left = this.#toRun - this.#done;
    return {
      ...{ done: this.#done, failed: this.#failed, to_run: this.#toRun, running },
      seconds_left:
        this.#taken.length === 0 ? null : (each * left) / Math.min(this.#workers, Math.max(1, left)),
    };
  }
}

const keyOf = ({ arm, seed }: { arm: string; seed: number }): string => `${arm}, seed ${seed}`;

function failureText(error: Error): string {
  const hint = error instanceof EstaError && error.hint !== undefined ? ` ${error.hint}` : "";
  return `${error.message.split("\n")[0]}.${hint}`;
}
