/** Shows a job while it runs and turns Ctrl-C into a checkpoint: once to stop, twice to stop at once. */
import { constants } from "node:os";
import type { Plan } from "../../planning/plan-schema.js";
import type { EngineJob } from "../../sdk/engine-job.js";
import type { Output } from "./output.js";
import { Progress } from "./progress.js";

export interface FollowOptions {
  /** How to go on after a stop, e.g. `esta resume runs/digits`. */
  resumeCommand?: string;
  /** Prints each event as a line of NDJSON on stdout. */
  jsonl?: boolean;
  /** With it, progress shows the draws by cost interval. */
  plan?: Plan | undefined;
}

/** Follows `job` to its end; undefined when it was stopped, with the exit code set as shells expect it. */
export async function followJob<Result>(
  job: EngineJob<Result>,
  output: Output,
  options: FollowOptions = {},
): Promise<Result | undefined> {
  const progress = new Progress(output, options.plan);
  const signals = listenForSignals(job, progress);
  const goOn = options.resumeCommand ? `; go on with: ${options.resumeCommand}` : "";
  let hasBegun = false;
  try {
    for await (const event of job) {
      hasBegun = true;
      if (options.jsonl) process.stdout.write(`${JSON.stringify(event)}\n`);
      progress.show(event);
    }
    const outcome = await job.result;
    progress.end();
    if (outcome.status === "finished") return outcome.value;
    const { checkpoint_step } = outcome.event;
    // Sent to us alone, a signal reaches the engine as SIGTERM, whatever it was.
    const signal = signals.received() ?? outcome.event.signal;
    const kept =
      checkpoint_step === null ? "before the first checkpoint" : `checkpoint at step ${checkpoint_step}`;
    output.note(`stopped by ${signal} (${kept})${goOn}`);
    process.exitCode = 128 + (constants.signals[signal as NodeJS.Signals] ?? constants.signals.SIGTERM);
    return undefined;
  } catch (error) {
    // Ended on request, at once or before it could listen, it has not failed.
    const signal = signals.forced() ?? (hasBegun ? undefined : signals.received());
    if (signal === undefined) throw error;
    progress.end();
    const lost = hasBegun ? "; what came after the last checkpoint is lost" : "";
    output.note(`stopped at once by ${signal}${lost}${goOn}`);
    process.exitCode = 128 + constants.signals[signal];
    return undefined;
  } finally {
    progress.end();
    signals.release();
  }
}

function listenForSignals<Result>(job: EngineJob<Result>, progress: Progress) {
  let first: NodeJS.Signals | undefined;
  let second: NodeJS.Signals | undefined;
  const stop = (signal: NodeJS.Signals) => {
    if (first !== undefined) {
      second = signal;
      job.kill();
      return;
    }
    first = signal;
    progress.note(`${signal}: writing a checkpoint; once more to stop at once`);
    job.cancel();
  };
  const names = ["SIGINT", "SIGTERM"] as const;
  for (const name of names) process.on(name, stop);
  return {
    received: () => first,
    forced: () => second,
    release: () => {
      for (const name of names) process.off(name, stop);
    },
  };
}
