/**
 * The job channel: one engine process for one long job. Events come as NDJSON on fd 3, so that stray prints of
 * libraries disturb nothing; stderr is kept for messages. How a job ended is judged by its last event.
 */
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { type ErrorCode, EstaError } from "../errors.js";
import { EventQueue } from "./event-queue.js";
import { type EngineEvent, eventSchema } from "./events.js";

export type FinishedEvent = Extract<EngineEvent, { event: "finished" }>;
export type StoppedEvent = Extract<EngineEvent, { event: "stopped" }>;
type FailedEvent = Extract<EngineEvent, { event: "failed" }>;

export interface JobOptions {
  /** The interpreter, found and probed beforehand. */
  python: string;
  /** Arguments of `python -m esta_engine`. */
  args: readonly string[];
  /** Further environment variables. */
  env?: Record<string, string> | undefined;
  /** Aborting it asks the engine to write a checkpoint and end, as `cancel()` does. */
  signal?: AbortSignal | undefined;
}

/** A running job: iterate it for its events (once), await `result` for its end. */
export interface Job extends AsyncIterable<EngineEvent> {
  readonly result: Promise<FinishedEvent | StoppedEvent>;
  /** Asks the engine to write a checkpoint and end; `result` then gives the `stopped` event. */
  cancel(): void;
  /** Ends the engine at once, without a checkpoint. */
  kill(): void;
}

/** Folder that holds the Python package `esta_engine`. */
const ENGINE_PATH = fileURLToPath(new URL("../../python", import.meta.url));

export function engineEnvironment(): Record<string, string> {
  const inherited = process.env.PYTHONPATH;
  const path = inherited ? [ENGINE_PATH, inherited].join(delimiter) : ENGINE_PATH;
  return { PYTHONPATH: path, PYTHONUNBUFFERED: "1" };
}

export function startJob(options: JobOptions): Job {
  const child = execa(options.python, ["-m", "esta_engine", ...options.args], {
    env: { ...engineEnvironment(), ...options.env },
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    buffer: { stdout: false, stderr: true, fd3: false },
    maxBuffer: { stderr: 1_000_000 },
    reject: false,
    // A step may take minutes, and only between two can the engine write a checkpoint: `kill` is there for the hasty.
    forceKillAfterDelay: false,
  });
  child.stdout?.resume();
  const cancel = () => void child.kill("SIGTERM");
  if (options.signal?.aborted) cancel();
  options.signal?.addEventListener("abort", cancel, { once: true });

  const queue = new EventQueue<EngineEvent>();
  const result = (async () => {
    let last: EngineEvent | undefined;
    for await (const line of child.iterable({ from: "fd3", binary: false })) {
      last = parseEvent(String(line));
      queue.push(last);
    }
    const { exitCode, signal, stderr } = await child;
    options.signal?.removeEventListener("abort", cancel);
    if (last?.event === "finished" || last?.event === "stopped") return last;
    throw last?.event === "failed" ? failure(last) : died(exitCode, signal, String(stderr ?? ""));
  })();
  result.then(
    () => queue.end(),
    () => queue.end(),
  );
  return {
    result,
    cancel,
    kill: () => void child.kill("SIGKILL"),
    [Symbol.asyncIterator]: () => queue[Symbol.asyncIterator](),
  };
}

function parseEvent(line: string): EngineEvent {
  try {
    return eventSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new EstaError("unexpected", `the engine sent an event that this version does not know: ${line}`, {
      hint: "The engine and the command line must be of one version; run `esta setup` again.",
      cause,
    });
  }
}

const FAILURE_CODES: Record<FailedEvent["code"], ErrorCode> = {
  plan: "configuration",
  environment: "environment",
  data: "engine",
  weights: "engine",
  numeric: "engine",
  busy: "engine",
  unexpected: "unexpected",
};

function failure({ code, message, hint, step, stitch, checkpoint_step }: FailedEvent): EstaError {
  return new EstaError(FAILURE_CODES[code], message, {
    ...(hint === null ? {} : { hint }),
    details: { code, step, stitch, checkpoint_step },
  });
}

/** The engine ended without saying how: killed, out of memory, or broken before it could speak. */
function died(exitCode: number | undefined, signal: string | undefined, stderr: string): EstaError {
  const end = signal === undefined ? `with code ${exitCode}` : `by ${signal}`;
  const lastWords = stderr.trim().split("\n").slice(-15).join("\n");
  const code: ErrorCode = exitCode === 2 ? "configuration" : exitCode === 3 ? "environment" : "engine";
  return new EstaError(code, `the engine ended ${end}${lastWords ? `:\n${lastWords}` : ""}`, {
    hint:
      signal === "SIGKILL"
        ? "The system may have run out of memory; `esta plan` estimates what a run needs. `esta resume` goes on from the last checkpoint."
        : "`esta doctor` checks the environment; `esta resume` goes on from the last checkpoint.",
  });
}
