/** How a sweep's progress reads: how many runs are done, and one line for each that is running. Pure. */
import type { ChalkInstance } from "chalk";
import { clock, PHASE_NAMES } from "../../sdk/progress-words.js";
import type { RunProgress } from "../../sdk/run-progress.js";
import { cutTo } from "./terminal.js";

export interface SweepState {
  readonly done: number;
  readonly failed: number;
  readonly to_run: number;
  readonly running: readonly { readonly name: string; readonly progress: RunProgress }[];
  /** Guess from the runs that finished; null before the first. */
  readonly seconds_left: number | null;
}

export interface SweepViewOptions {
  readonly columns: number;
  readonly unicode: boolean;
  readonly paint: ChalkInstance;
}

const WIDEST = 100;

/** Lines narrower than the terminal. */
export function sweepLines(state: SweepState, { columns, unicode, paint }: SweepViewOptions): string[] {
  const width = Math.max(1, Math.min(WIDEST, columns - 1));
  const lines = state.running.map(({ name, progress }) =>
    paint.dim(cutTo(`  ${name}  ${runText(progress)}`, width, unicode)),
  );
  return [cutTo(headline(state), width, unicode), ...lines];
}

function headline({ done, failed, to_run, seconds_left }: SweepState): string {
  const parts = [
    `${done}/${to_run} runs`,
    failed === 0 ? "" : `${failed} failed`,
    seconds_left === null ? "" : `about ${clock(seconds_left)} left`,
  ];
  return parts.filter((part) => part !== "").join("   ");
}

function runText(progress: RunProgress): string {
  const { phase, done, total, steps, steps_per_second, loss } = progress;
  const name = phase === null ? "starting" : PHASE_NAMES[phase];
  const whole = phase === "train" ? steps : phase === "evaluate" ? total : null;
  const parts = [
    whole === null ? name : `${name} ${done}/${whole}`,
    phase !== "train" || steps_per_second === null ? "" : `${steps_per_second.toPrecision(3)} steps/s`,
    phase !== "train" || loss === null ? "" : `loss ${loss.toFixed(3)}`,
  ];
  return parts.filter((part) => part !== "").join("  ");
}
