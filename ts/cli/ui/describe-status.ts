/** The status of a run in words: where it is, how its draws fall, how to go on. */
import { formatAs } from "../../analysis/fields.js";
import { textTable } from "../../analysis/table.js";
import { shellWord, shownPath } from "../../sdk/command-words.js";
import { progressLine } from "../../sdk/progress-words.js";
import type { RunStatus } from "../../sdk/watch-run.js";
import type { Output } from "./output.js";

const WORDS: Record<RunStatus["state"], string> = {
  waiting: "not started",
  running: "running",
  finished: "finished",
  stopped: "stopped",
  failed: "failed",
  killed: "killed: its process is gone without a last word",
};

/** Lines for people; `next` says what to do about it. */
export function describeStatus(status: RunStatus): string {
  const { state, method, device, command, stitches } = status;
  const what = method === null ? "" : `${command}: ${method}, ${stitches} stitches on ${device}`;
  const processText = status.process === null ? "" : ` (process ${status.process})`;
  const lines = [
    `${shownPath(status.run)}: ${WORDS[state]}${state === "running" ? processText : ""}`,
    what,
    ...position(status),
  ];
  if (status.draw_shares !== null) lines.push("", intervalTable(status));
  return [...lines.filter((line, at) => line !== "" || at > 2), "", `next: ${nextStep(status)}`].join("\n");
}

function position(status: RunStatus): string[] {
  const { end, phase, step, steps, measured } = status;
  if (end?.event === "failed") return [end.message, ...(end.hint === null ? [] : [end.hint])];
  if (end?.event === "stopped")
    return [`by ${end.signal} at step ${end.step}, checkpoint ${end.checkpoint_step ?? "none"}`];
  if (end?.event === "finished")
    return [`${end.training_seconds.toFixed(1)} s of training, step ${step}/${steps}`];
  if (phase === null) return [];
  return [
    progressLine(status),
    ...(measured === null ? [] : [`${measured.split}: ${measured.on_frontier} on the frontier so far`]),
  ];
}

function intervalTable({ intervals, draw_shares, sampling_shares }: RunStatus): string {
  const percent = (shares: readonly number[] | null, id: number) =>
    shares === null ? "-" : `${(100 * (shares[id] ?? 0)).toFixed(1)} %`;
  return textTable(intervals, [
    { header: "interval", align: "right", text: ({ id }) => String(id) },
    { header: "up to", align: "right", text: ({ high }) => formatAs("cost", high) },
    { header: "stitches", align: "right", text: ({ stitches }) => String(stitches) },
    { header: "draws so far", align: "right", text: ({ id }) => percent(draw_shares, id) },
    { header: "sampling now", align: "right", text: ({ id }) => percent(sampling_shares, id) },
  ]);
}

/** The command that goes on from here. */
export function nextStep({ state, run, palette }: RunStatus): string {
  const path = shellWord(shownPath(run));
  if (state === "running") return `esta watch ${path}`;
  return state === "finished" || (palette !== null && state === "waiting")
    ? `esta pareto ${path}`
    : `esta resume ${path}`;
}

/** Prints a status as the result. */
export const showStatus = (status: RunStatus, output: Output): void =>
  output.result(status, describeStatus(status));
