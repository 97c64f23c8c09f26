/**
 * Where a run is, from its events alone: phase, step, rate, time left, loss, how the draws fall on the cost intervals,
 * what was measured so far. Serves a run that this process started and one that another did: time is the events' own.
 */
import { axesOf } from "../analysis/fields.js";
import { paretoFrontier } from "../analysis/frontier.js";
import { COST_FIELDS } from "../config/schema/deployment.js";
import type { EngineEvent, Phase } from "../engine/events.js";
import type { Plan } from "../planning/plan-schema.js";

export interface RunProgress {
  /** What the last event says; a run that was killed still says `running`. */
  state: "waiting" | "running" | "finished" | "stopped" | "failed";
  command: string | null;
  method: string | null;
  device: string | null;
  stitches: number | null;
  phase: Phase | null;
  /** Stitching layers, steps or evaluations of the phase, where it counts any. */
  done: number;
  total: number | null;
  step: number;
  steps: number | null;
  steps_per_second: number | null;
  /** Of the phase. */
  seconds_left: number | null;
  /** Moving average: stitches differ in loss. */
  loss: number | null;
  checkpoint_step: number | null;
  /** Share of the draws that each cost interval got so far; null where the plan is not known or nothing was drawn. */
  draw_shares: number[] | null;
  /** Share of the draws that each interval is to get now, as of the last checkpoint. */
  sampling_shares: number[] | null;
  /** Of the split that is being evaluated. */
  measured: { split: string; stitches: number; on_frontier: number; best: BestStitch | null } | null;
  palette: number[] | null;
  /** How it ended, where it did. */
  end: Extract<EngineEvent, { event: "finished" | "stopped" | "failed" }> | null;
  /** Time of the first and the last event of this start of the run, and of the phase's beginning. */
  began: string | null;
  phase_began: string | null;
  last_event: string | null;
}

export interface BestStitch {
  stitch: number;
  metric: string;
  value: number;
}

type EventOf<Name extends EngineEvent["event"]> = Extract<EngineEvent, { event: Name }>;

/** Steps whose times give the rate. */
const RATE_WINDOW = 50;
const LOSS_MOMENTUM = 0.95;

/** Takes a run's events one after the other; `progress` is a snapshot. */
export class RunTracker {
  readonly #plan: Plan | undefined;
  #now: RunProgress = { ...NOTHING };
  #times: number[] = [];
  /** Stitches drawn in each step, so that steps repeated after a crash count once. */
  #drawn: (readonly number[])[] = [];
  #draws: number[];
  #rows: { id: number; cost: number; value: number }[] = [];

  /** `plan` is needed for intervals, the metric and costs. */
  constructor(plan?: Plan) {
    this.#plan = plan;
    this.#draws = plan?.intervals.map(() => 0) ?? [];
  }

  get progress(): RunProgress {
    const total = this.#draws.reduce((sum, count) => sum + count, 0);
    const draw_shares = total === 0 ? null : this.#draws.map((count) => count / total);
    const rate = this.#rate();
    return { ...this.#now, draw_shares, steps_per_second: rate, seconds_left: this.#secondsLeft(rate) };
  }

  add(event: EngineEvent): void {
    const now = this.#now;
    now.last_event = event.time;
    if (event.event === "started") this.#start(event);
    else if (event.event === "phase") {
      Object.assign(now, { phase: event.phase, total: event.total, done: 0, phase_began: event.time });
      this.#times = event.phase === "train" ? [Date.parse(event.time)] : [];
      this.#rows = [];
    } else if (event.event === "step") this.#step(event);
    else if (event.event === "checkpoint") now.checkpoint_step = event.step;
    else if (event.event === "palette_chosen") now.palette = event.stitches;
    else if (event.event === "stitch_evaluated") this.#evaluated(event);
    else if (event.event === "round") now.done = event.round;
    else if (event.event === "finished" || event.event === "stopped" || event.event === "failed")
      Object.assign(now, { state: event.event, end: event });
  }

  #start(event: EventOf<"started">): void {
    const { command, method, device, stitches, steps, time, resumed_from_step } = event;
    const known = { command, method, device, stitches, steps, began: time };
    const kept = {
      palette: this.#now.palette,
      loss: this.#now.loss,
      sampling_shares: this.#now.sampling_shares,
    };
    // An evaluation of a finished run leaves its training as it was.
    const training =
      command === "adapt"
        ? { step: 0, checkpoint_step: null }
        : command === "resume"
          ? { checkpoint_step: resumed_from_step }
          : {};
    const { step, checkpoint_step } = { ...this.#now, ...training };
    this.#now = { ...NOTHING, ...kept, ...known, step, checkpoint_step, state: "running", last_event: time };
    this.#times = [];
  }

  #step(event: EventOf<"step">): void {
    const now = this.#now;
    this.#rewind(event.step);
    this.#drawn[event.step] = event.stitches;
    this.#count(event.stitches, 1);
    Object.assign(now, { step: event.step, done: event.step });
    if (event.loss !== null) {
      now.loss = now.loss === null ? event.loss : LOSS_MOMENTUM * now.loss + (1 - LOSS_MOMENTUM) * event.loss;
    }
    if (event.probabilities !== undefined) now.sampling_shares = this.#byInterval(event.probabilities);
    this.#times.push(Date.parse(event.time));
    if (this.#times.length > RATE_WINDOW + 1) this.#times.shift();
  }

  /** Takes back the draws of steps that are now done again. */
  #rewind(step: number): void {
    for (const stitches of this.#drawn.splice(step)) if (stitches !== undefined) this.#count(stitches, -1);
  }

  #count(stitches: readonly number[], by: number): void {
    for (const id of stitches) {
      const interval = this.#plan?.stitches[id]?.interval;
      if (interval !== undefined) this.#draws[interval] = (this.#draws[interval] ?? 0) + by;
    }
  }

  #byInterval(probabilities: readonly number[]): number[] | null {
    if (this.#plan === undefined) return null;
    const shares = this.#plan.intervals.map(() => 0);
    for (const { id, interval } of this.#plan.stitches) {
      shares[interval] = (shares[interval] ?? 0) + (probabilities[id] ?? 0);
    }
    return shares;
  }

  #evaluated({ stitch, split, metrics }: EventOf<"stitch_evaluated">): void {
    const now = this.#now;
    now.done += 1;
    const metric = this.#plan?.config.task?.metric ?? "accuracy";
    const axis = COST_FIELDS[this.#plan?.config.deployment.axis ?? "macs"];
    if (now.measured?.split !== split) this.#rows = [];
    const value = metrics[metric];
    const cost = this.#plan?.stitches[stitch]?.[axis];
    if (typeof value === "number" && cost !== undefined) this.#rows.push({ id: stitch, cost, value });
    const { x, y } = axesOf<Record<string, unknown>>(axis, metric);
    const frontier = paretoFrontier(this.#rows, { x: { ...x, key: "cost" }, y: { ...y, key: "value" } });
    // The dearest of a frontier is the best measured.
    const top = frontier.reduce<(typeof frontier)[number] | undefined>(
      (a, b) => (a && a.cost > b.cost ? a : b),
      undefined,
    );
    const best = top === undefined ? null : { stitch: top.id, metric, value: top.value };
    const stitches = now.measured?.split === split ? now.measured.stitches + 1 : 1;
    now.measured = { split, stitches, on_frontier: frontier.length, best };
  }

  /** By the rate of the last steps while training, else by what the phase took so far. */
  #secondsLeft(rate: number | null): number | null {
    const { phase, step, steps, done, total, phase_began, last_event } = this.#now;
    if (phase === "train") return rate === null || steps === null ? null : Math.max(0, steps - step) / rate;
    if (total === null || done === 0 || phase_began === null || last_event === null) return null;
    const seconds = (Date.parse(last_event) - Date.parse(phase_began)) / 1000;
    return (Math.max(0, total - done) * seconds) / done;
  }

  #rate(): number | null {
    const [first, last] = [this.#times[0], this.#times.at(-1)];
    const steps = this.#times.length - 1;
    if (first === undefined || last === undefined || steps < 1) return null;
    return (1000 * steps) / Math.max(1, last - first);
  }
}

const NOTHING: RunProgress = {
  state: "waiting",
  command: null,
  method: null,
  device: null,
  stitches: null,
  phase: null,
  done: 0,
  total: null,
  step: 0,
  steps: null,
  steps_per_second: null,
  seconds_left: null,
  loss: null,
  checkpoint_step: null,
  draw_shares: null,
  sampling_shares: null,
  measured: null,
  palette: null,
  end: null,
  began: null,
  phase_began: null,
  last_event: null,
};
