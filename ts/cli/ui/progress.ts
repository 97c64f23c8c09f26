/** Progress of a job on stderr: a block that is redrawn on a terminal, plain lines now and then elsewhere. */
import type { EngineEvent } from "../../engine/events.js";
import type { Plan } from "../../planning/plan-schema.js";
import { PHASE_NAMES, progressLine } from "../../sdk/progress-words.js";
import { RunTracker } from "../../sdk/run-progress.js";
import { LiveBlock } from "./live-block.js";
import type { Output } from "./output.js";
import { progressLines } from "./progress-view.js";
import { canRedraw, hasUnicode } from "./terminal.js";

const REDRAW_MS = 150;
/** A log gets a line after a tenth more of the time that has passed: many at first, few in the long run. */
const LOG_LEAST_MS = 10_000;
const LOG_MOST_MS = 300_000;

/** Events that come in numbers: not each is worth a redraw, or a line in a log. */
const COUNTING: ReadonlySet<EngineEvent["event"]> = new Set(["step", "stitch_evaluated", "round"]);

export class Progress {
  readonly tracker: RunTracker;
  readonly #output: Output;
  readonly #block: LiveBlock | undefined;
  readonly #began = performance.now();
  readonly #timer: NodeJS.Timeout | undefined;
  #drawnAt = 0;
  #loggedAt = performance.now();

  /** With the run's plan, the draws are shown by cost interval. */
  constructor(output: Output, plan?: Plan) {
    this.#output = output;
    this.tracker = new RunTracker(plan);
    if (output.json || !canRedraw()) return;
    this.#block = new LiveBlock(process.stderr);
    // Clocks go on between events, and a resized terminal is filled anew.
    this.#timer = setInterval(() => this.#redraw(), 1000).unref();
    process.stderr.on("resize", this.#redraw);
  }

  /** Takes in what happened before anyone looked. */
  catchUp(events: readonly EngineEvent[]): void {
    for (const event of events) this.tracker.add(event);
    const { progress } = this.tracker;
    if (this.#block !== undefined) this.#redraw();
    else if (progress.state === "running") this.#output.note(progressLine(progress));
  }

  show(event: EngineEvent): void {
    this.tracker.add(event);
    if (event.event === "started") this.note(startLine(event));
    else if (event.event === "palette_chosen") {
      this.note(`palette chosen by ${event.score}: stitches ${event.stitches.join(", ")}`);
    } else if (event.event === "warning") {
      this.#block?.clear();
      this.#output.warn(event.message + (event.hint === null ? "" : ` ${event.hint}`));
    } else if (event.event === "phase" && this.#block === undefined) this.note(PHASE_NAMES[event.phase]);
    const now = performance.now();
    if (this.#block !== undefined) {
      if (!COUNTING.has(event.event) || now - this.#drawnAt >= REDRAW_MS) this.#redraw();
    } else if (COUNTING.has(event.event)) this.#log(now);
  }

  /** A line for people that stays, above the block. */
  note(text: string): void {
    this.#block?.clear();
    this.#output.note(text);
  }

  /** Takes the block away, for good. */
  end(): void {
    clearInterval(this.#timer);
    process.stderr.off("resize", this.#redraw);
    this.#block?.clear();
  }

  #log(now: number): void {
    const pause = Math.min(LOG_MOST_MS, Math.max(LOG_LEAST_MS, 0.1 * (now - this.#began)));
    if (now - this.#loggedAt < pause) return;
    this.#loggedAt = now;
    this.#output.note(progressLine(this.tracker.progress));
  }

  readonly #redraw = (): void => {
    this.#drawnAt = performance.now();
    const { progress } = this.tracker;
    if (progress.end !== null) this.#block?.clear();
    else {
      const columns = process.stderr.columns ?? 80;
      const { paint } = this.#output;
      const lines = progressLines(progress, { columns, unicode: hasUnicode(), paint, now: Date.now() });
      this.#block?.draw((process.stderr.rows ?? 24) < 6 ? lines.slice(0, 1) : lines);
    }
  };
}

type Started = Extract<EngineEvent, { event: "started" }>;

function startLine({ command, method, stitches, steps, device, resumed_from_step }: Started): string {
  if (command === "evaluate" || command === "latency" || command === "export")
    return `${command} on ${device}`;
  const resumed = resumed_from_step === null ? "" : `, resumed from step ${resumed_from_step}`;
  return `${method}: ${stitches} stitches, ${steps} steps on ${device}${resumed}`;
}
