/** Follows a run that another process started, by its event file and its lock; on the same machine. */
import { existsSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type EngineEvent, eventSchema } from "../engine/events.js";
import { EstaError } from "../errors.js";
import { readPlan } from "../planning/plan-file.js";
import type { Plan } from "../planning/plan-schema.js";
import { runFile } from "./open-run.js";
import { type RunProgress, RunTracker } from "./run-progress.js";

export interface RunStatus extends Omit<RunProgress, "state"> {
  run: string;
  /** `waiting`: no event yet; `killed`: its process is gone without a last word. */
  state: RunProgress["state"] | "killed";
  /** Process of the engine, where it lives. */
  process: number | null;
  intervals: { id: number; low: number; high: number; stitches: number }[];
}

export interface WatchedRun extends AsyncIterable<EngineEvent[]> {
  readonly folder: string;
  readonly plan: Plan;
}

const POLL_MS = 250;

/**
 * The events of the run in `folder` as they come, in batches; the first holds everything so far and may be empty.
 * Ends with the run, or when `signal` is aborted.
 *
 * @throws EstaError("usage") where there is no run.
 */
export function watchRun(folder: string, options: { signal?: AbortSignal } = {}): WatchedRun {
  const run = resolve(folder);
  const plan = readPlan(runFile(run, "plan.json"));
  return { folder: run, plan, [Symbol.asyncIterator]: () => batches(run, options.signal) };
}

async function* batches(run: string, signal: AbortSignal | undefined): AsyncGenerator<EngineEvent[]> {
  const file = new GrowingFile(join(run, "events.ndjson"));
  let first = true;
  while (!signal?.aborted) {
    // Asked before the file is read: what a process wrote before it ended is then seen.
    const alive = liveProcess(run) !== null;
    const events = (await file.newLines()).map((line) => parseEvent(line, run));
    if (events.length > 0 || first) yield events;
    first = false;
    if (!alive) return;
    await sleep(POLL_MS, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
}

/** Where the run in `folder` is now. @throws EstaError("usage") where there is no run. */
export async function runStatus(folder: string): Promise<RunStatus> {
  const run = resolve(folder);
  const plan = readPlan(runFile(run, "plan.json"));
  const alive = liveProcess(run);
  const tracker = new RunTracker(plan);
  for (const line of await new GrowingFile(join(run, "events.ndjson")).newLines())
    tracker.add(parseEvent(line, run));
  return statusOf(run, plan, tracker, alive);
}

/** The status that a tracker's progress amounts to, given the engine's process, if one lives. */
export function statusOf(run: string, plan: Plan, tracker: RunTracker, alive = liveProcess(run)): RunStatus {
  const { progress } = tracker;
  const state = progress.state === "running" && alive === null ? "killed" : progress.state;
  return { run, ...progress, state, process: alive, intervals: plan.intervals };
}

/** The engine's process, which it notes in its lock; null where it is gone. */
export function liveProcess(run: string): number | null {
  let text: string;
  try {
    text = readFileSync(join(run, ".lock"), "utf8");
  } catch {
    return null;
  }
  const id = Number.parseInt(text, 10);
  return Number.isInteger(id) && id > 0 && isEngine(id) ? id : null;
}

function isEngine(id: number): boolean {
  try {
    process.kill(id, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  // The number may be another process's by now; only Linux tells cheaply.
  const file = `/proc/${id}/cmdline`;
  return (
    !existsSync("/proc/self/cmdline") ||
    (existsSync(file) && readFileSync(file, "utf8").includes("esta_engine"))
  );
}

/** Reads what was appended since the last time; a run begun anew in the folder is read from its start. */
class GrowingFile {
  readonly #path: string;
  #offset = 0;
  #rest = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
  }

  /** Whole lines only: the last one may still be in writing. */
  async newLines(): Promise<string[]> {
    if (!existsSync(this.#path)) return [];
    await using file = await open(this.#path);
    const { size } = await file.stat();
    if (size < this.#offset) {
      this.#offset = 0;
      this.#rest = Buffer.alloc(0);
    }
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(size - this.#offset),
      0,
      size - this.#offset,
      this.#offset,
    );
    this.#offset += bytesRead;
    const content = Buffer.concat([this.#rest, buffer.subarray(0, bytesRead)]);
    const end = content.lastIndexOf("\n") + 1;
    this.#rest = content.subarray(end);
    return content
      .toString("utf8", 0, end)
      .split("\n")
      .filter((line) => line !== "");
  }
}

function parseEvent(line: string, run: string): EngineEvent {
  try {
    return eventSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new EstaError(
      "configuration",
      `${join(run, "events.ndjson")} is not what this version of estakit writes`,
      {
        hint: "It was changed by hand, damaged, or written by another version.",
        cause,
      },
    );
  }
}
