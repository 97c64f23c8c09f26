/** How a run's progress reads on a terminal: a few lines. Pure: nothing is written here. */
import type { ChalkInstance } from "chalk";
import { formatField } from "../../analysis/fields.js";
import { clock, leftText, PHASE_NAMES, phaseTotal, ratesText } from "../../sdk/progress-words.js";
import type { RunProgress } from "../../sdk/run-progress.js";
import { cutTo } from "./terminal.js";

export interface ViewOptions {
  /** Columns of the terminal. */
  columns: number;
  unicode: boolean;
  paint: ChalkInstance;
  now: number;
}

/** Wider lines gain nothing, and wrap when a terminal is made narrower. */
const WIDEST = 78;
const NARROWEST_BAR = 8;

/** One to four lines, each narrower than the terminal. */
export function progressLines(progress: RunProgress, options: ViewOptions): string[] {
  const width = Math.max(1, Math.min(WIDEST, options.columns - 1));
  const details =
    progress.phase === "train" ? trainingDetails(progress, options.unicode) : otherDetails(progress);
  const lines = details.map((line) => options.paint.dim(cutTo(`  ${line}`, width, options.unicode)));
  return [headline(progress, width, options), ...lines];
}

function headline(progress: RunProgress, width: number, { unicode, paint, now }: ViewOptions): string {
  const name = progress.phase === null ? "starting" : PHASE_NAMES[progress.phase];
  const total = phaseTotal(progress);
  if (total === null || total === 0) {
    return cutTo(
      `${name}  ${clock((now - Date.parse(progress.phase_began ?? progress.began ?? "")) / 1000)}`,
      width,
      unicode,
    );
  }
  const share = Math.min(1, progress.done / total);
  const count = `${progress.done}/${total}  ${Math.floor(100 * share)} %`;
  const room = width - name.length - count.length - 4;
  if (room < NARROWEST_BAR) return cutTo(`${name}  ${count}`, width, unicode);
  const filled = Math.round(share * room);
  const [full, empty] = unicode ? ["━", "─"] : ["#", "-"];
  return `${name}  ${paint.cyan(full.repeat(filled))}${paint.dim(empty.repeat(room - filled))}  ${count}`;
}

function trainingDetails(progress: RunProgress, unicode: boolean): string[] {
  const lines = [ratesText(progress)];
  if (progress.draw_shares !== null)
    lines.push(`draws by cost  ${sharesText(progress.draw_shares, unicode)}`);
  if (progress.sampling_shares !== null)
    lines.push(`sampling now   ${sharesText(progress.sampling_shares, unicode)}`);
  return lines.filter((line) => line !== "");
}

function otherDetails(progress: RunProgress): string[] {
  const { phase, measured, seconds_left } = progress;
  const parts = seconds_left === null || phaseTotal(progress) === null ? [] : [leftText(seconds_left)];
  if (phase === "evaluate" && measured?.best != null) {
    const { best, split, on_frontier } = measured;
    const value = formatField(best.metric, best.value);
    parts.push(
      `${split}: ${on_frontier} on the frontier so far, best ${best.metric} ${value} (stitch ${best.stitch})`,
    );
  }
  return parts.length === 0 ? [] : [parts.join("   ")];
}

const LEVELS = "▁▂▃▄▅▆▇█";
const MOST_SHARES = 8;

/** Shares as bars, relative to the largest, and as percentages. */
export function sharesText(shares: readonly number[], unicode: boolean): string {
  const most = Math.max(...shares) || 1;
  const bars = shares.map((share) => LEVELS[Math.min(7, Math.floor((8 * share) / most))]).join("");
  const numbers = shares.slice(0, MOST_SHARES).map((share) => Math.round(100 * share));
  const rest = shares.length > MOST_SHARES ? " ..." : "";
  return `${unicode ? `${bars}  ` : ""}${numbers.join(" ")}${rest} %`;
}
