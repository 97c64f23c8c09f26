/**
 * What adapt, resume, evaluate and export share: find the interpreter, start the engine, hand its events on,
 * and turn its end into the operation's own result.
 */

import type { EngineEvent } from "../engine/events.js";
import { findInterpreter } from "../engine/interpreter.js";
import { type FinishedEvent, type Job, type StoppedEvent, startJob } from "../engine/job.js";
import type { Plan } from "../planning/plan-schema.js";

export interface EngineOptions {
  /** Interpreter to use instead of the one that `esta setup` made. */
  python?: string;
  /** Aborting it writes a checkpoint and ends the job; `result` then says `stopped`. */
  signal?: AbortSignal;
}

/** How a job ended, when it did not fail: done, or stopped with a checkpoint from which `resume` goes on. */
export type JobOutcome<Result> =
  | { status: "finished"; value: Result; event: FinishedEvent }
  | { status: "stopped"; event: StoppedEvent };

/** A running operation. Iterate it for its events (once); await `result` for its end. */
export interface EngineJob<Result> extends AsyncIterable<EngineEvent> {
  readonly result: Promise<JobOutcome<Result>>;
  /** Writes a checkpoint and ends. */
  cancel(): void;
  /** Ends at once, without a checkpoint. */
  kill(): void;
}

/**
 * Starts `python -m esta_engine ARGS`. `prepare` runs first and gives the arguments; `finish` reads the result
 * once the engine has finished.
 */
export function runEngine<Result>(
  prepare: () => Promise<readonly string[]>,
  finish: () => Promise<Result>,
  options: EngineOptions,
): EngineJob<Result> {
  const abort = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal;
  let running: Job | undefined;
  const started = (async () => {
    const args = await prepare();
    const { executable } = await findInterpreter({ python: options.python });
    running = startJob({ python: executable, args, signal });
    return running;
  })();
  const result = (async (): Promise<JobOutcome<Result>> => {
    const event = await (await started).result;
    return event.event === "stopped"
      ? { status: "stopped", event }
      : { status: "finished", value: await finish(), event };
  })();
  // A caller that only iterates must not meet an unhandled rejection; whoever awaits `result` still sees it.
  result.catch(() => {});
  return {
    result,
    cancel: () => abort.abort(),
    kill: () => running?.kill(),
    async *[Symbol.asyncIterator]() {
      yield* await started.catch(() => []);
    },
  };
}

/** The plan's interpreter serves where the caller names none. */
export function interpreterOf(plan: Plan, options: EngineOptions): EngineOptions {
  return { ...options, python: options.python ?? plan.config.run.python };
}
