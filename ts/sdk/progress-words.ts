/** A run's progress in words, as terminals, logs and notebooks show it. */
import type { Phase } from "../engine/events.js";
import type { RunProgress } from "./run-progress.js";

export const PHASE_NAMES: Record<Phase, string> = {
  load: "loading the anchors",
  initialise: "initialising the stitching layers",
  train: "training",
  choose: "choosing the palette",
  evaluate: "evaluating",
  measure: "measuring latency",
  write: "writing",
};

/** Phases whose events count up to a total. */
const COUNTED: ReadonlySet<Phase | null> = new Set(["train", "evaluate", "measure"]);

/** What the phase counts up to; null where it counts nothing. */
export function phaseTotal({
  phase,
  steps,
  total,
}: Pick<RunProgress, "phase" | "steps" | "total">): number | null {
  if (!COUNTED.has(phase)) return null;
  return phase === "train" ? steps : total;
}

export const leftText = (seconds: number): string => `${clock(seconds)} left`;

/** Rate, time left, loss, checkpoint: what is known of them. */
export function ratesText({
  steps_per_second,
  seconds_left,
  loss,
  checkpoint_step,
}: Omit<RunProgress, "state">): string {
  const parts = [
    steps_per_second === null ? "" : `${steps_per_second.toPrecision(3)} steps/s`,
    seconds_left === null ? "" : leftText(seconds_left),
    loss === null ? "" : `loss ${loss.toFixed(3)}`,
    checkpoint_step === null ? "" : `checkpoint ${checkpoint_step}`,
  ];
  return parts.filter((part) => part !== "").join("   ");
}

/** The whole in one line. */
export function progressLine(progress: Omit<RunProgress, "state">): string {
  const { phase, done, seconds_left } = progress;
  const name = phase === null ? "starting" : PHASE_NAMES[phase];
  if (!COUNTED.has(phase)) return name;
  const total = phaseTotal(progress);
  const share = total ? ` (${Math.floor((100 * done) / total)} %)` : "";
  const rates = phase === "train" ? ratesText(progress) : seconds_left === null ? "" : leftText(seconds_left);
  return `${name} ${done}/${total ?? "?"}${share}  ${rates.replaceAll("   ", "  ")}`.trimEnd();
}

/** Seconds as 1:05 or 2:03:00. */
export function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return "";
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
