/** Progress of a job on stderr: one line that is redrawn on a terminal, a plain line now and then elsewhere. */
import type { EngineEvent, Phase } from "../../engine/events.js";
import type { Output } from "./output.js";

const PHASE_NAMES: Record<Phase, string> = {
  load: "loading the anchors",
  initialise: "initialising the stitching layers",
  train: "training",
  choose: "choosing the palette",
  evaluate: "evaluating",
  write: "writing",
};
const REDRAW_MS = 100;
const LOG_EVERY_MS = 15_000;

export class Progress {
  readonly #output: Output;
  readonly #live: boolean;
  #phase: Phase | undefined;
  #total: number | null = null;
  #done = 0;
  #firstStep: { step: number; time: number } | undefined;
  #loss: number | undefined;
  #steps = 0;
  #lastShown = 0;
  #lineOpen = false;

  constructor(output: Output) {
    this.#output = output;
    this.#live = process.stderr.isTTY === true && process.env.TERM !== "dumb" && process.env.CI === undefined;
  }

  show(event: EngineEvent): void {
    if (event.event === "started") {
      this.#steps = event.steps;
      const resumed =
        event.resumed_from_step === null ? "" : `, resumed from step ${event.resumed_from_step}`;
      const { method, stitches, steps, device } = event;
      this.#line(`${method}: ${stitches} stitches, ${steps} steps on ${device}${resumed}`);
    } else if (event.event === "phase") {
      this.#phase = event.phase;
      this.#total = event.total;
      this.#done = 0;
      if (!this.#live) this.#line(PHASE_NAMES[event.phase]);
    } else if (event.event === "step") {
      this.#step(event);
    } else if (event.event === "stitch_evaluated") {
      this.#done += 1;
    } else if (event.event === "palette_chosen") {
      this.#line(`palette chosen by ${event.score}: stitches ${event.stitches.join(", ")}`);
    } else if (event.event === "warning") {
      this.end();
      this.#output.warn(event.message + (event.hint === null ? "" : ` ${event.hint}`));
    }
    this.#redraw();
  }

  /** Ends the redrawn line, so that what follows starts on its own. */
  end(): void {
    if (this.#lineOpen) process.stderr.write("\r\x1b[K");
    this.#lineOpen = false;
  }

  #step(event: Extract<EngineEvent, { event: "step" }>): void {
    this.#firstStep ??= { step: event.step - 1, time: performance.now() };
    this.#done = event.step;
    // Stitches differ in loss, so the shown one is an average over the last twenty or so steps.
    if (event.loss !== null) {
      this.#loss = this.#loss === undefined ? event.loss : 0.95 * this.#loss + 0.05 * event.loss;
    }
  }

  #redraw(): void {
    const now = performance.now();
    if (this.#output.json || now - this.#lastShown < (this.#live ? REDRAW_MS : LOG_EVERY_MS)) return;
    if (!this.#live && this.#phase !== "train") return;
    this.#lastShown = now;
    const status = this.#status(now);
    if (!this.#live) {
      this.#line(status);
      return;
    }
    const columns = process.stderr.columns ?? 80;
    process.stderr.write(`\r\x1b[K${status.slice(0, columns - 1)}`);
    this.#lineOpen = true;
  }

  #status(now: number): string {
    if (this.#phase === undefined) return "starting";
    const name = PHASE_NAMES[this.#phase];
    if (this.#phase !== "train" || this.#firstStep === undefined) {
      return this.#total === null ? name : `${name} ${this.#done}/${this.#total}`;
    }
    const rate = (1000 * (this.#done - this.#firstStep.step)) / Math.max(1, now - this.#firstStep.time);
    const loss = this.#loss === undefined ? "" : `  loss ${this.#loss.toFixed(3)}`;
    const left = clock((this.#steps - this.#done) / Math.max(rate, 1e-9));
    return `${name} ${this.#done}/${this.#steps}  ${rate.toFixed(1)} steps/s${loss}  ${left} left`;
  }

  #line(text: string): void {
    this.end();
    this.#output.note(text);
  }
}

function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
