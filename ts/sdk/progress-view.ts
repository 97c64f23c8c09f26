/** A run's progress as a value that notebooks, pages and logs can show, and a stream of such values for a job. */
import { html } from "../analysis/charts/html.js";
import { DISPLAY, type Displayable, type MediaBundle } from "../analysis/display.js";
import type { EngineEvent } from "../engine/events.js";
import type { Plan } from "../planning/plan-schema.js";
import { leftText, PHASE_NAMES, phaseTotal, progressLine, ratesText } from "./progress-words.js";
import { type RunProgress, RunTracker } from "./run-progress.js";

const WIDTH_PX = 480;
const BAR_PX = 10;

/** Where a run is, ready to be shown. */
export class ProgressView implements Displayable {
  readonly progress: RunProgress;

  constructor(progress: RunProgress) {
    this.progress = progress;
  }

  toJSON(): RunProgress {
    return this.progress;
  }

  toString(): string {
    return this.progress.end === null ? progressLine(this.progress) : this.#title();
  }

  /** A fragment that fits into any page: it has the page's own colours and fonts. */
  toHTML(): string {
    const [share, title, rates] = [this.#share(), this.#title(), this.#rates()];
    return html`<div style="max-width:${WIDTH_PX}px">
<div>${title}</div>
<progress style="width:100%" max="1"${share === null ? "" : html` value="${share.toFixed(4)}"`} aria-label="${title}"></progress>
<div style="opacity:0.75">${rates}</div>
</div>`.toString();
  }

  /** The same as a drawing, dark on white. */
  toSVG(): string {
    const share = this.#share() ?? 0;
    return html`<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH_PX}" height="66" role="img" aria-label="${this.#title()}">
<rect width="100%" height="100%" fill="#fff"/>
<g font-family="system-ui, sans-serif" font-size="13" fill="#1b1f24">
<text x="4" y="18">${this.#title()}</text>
<text x="4" y="58">${this.#rates()}</text>
</g>
<rect x="4" y="28" width="${WIDTH_PX - 8}" height="${BAR_PX}" rx="3" fill="#d9dee3"/>
<rect x="4" y="28" width="${((WIDTH_PX - 8) * share).toFixed(1)}" height="${BAR_PX}" rx="3" fill="#1c7ed6"/>
</svg>`.toString();
  }

  /** What notebooks show. */
  [DISPLAY](): MediaBundle {
    return { "text/html": this.toHTML(), "text/plain": this.toString() };
  }

  /** Part of the phase that is done; null where it counts nothing. */
  #share(): number | null {
    const { end, done } = this.progress;
    if (end !== null) return end.event === "finished" ? 1 : null;
    const total = phaseTotal(this.progress);
    return total === null || total === 0 ? null : Math.min(1, done / total);
  }

  #title(): string {
    const { end, phase, done } = this.progress;
    if (end?.event === "finished") return `finished in ${Math.round(end.seconds)} s`;
    if (end !== null)
      return end.event === "stopped" ? `stopped at step ${end.step}` : `failed: ${end.message}`;
    const name = phase === null ? "starting" : PHASE_NAMES[phase];
    return this.#share() === null ? name : `${name} ${done}/${phaseTotal(this.progress)}`;
  }

  #rates(): string {
    const { phase, palette, seconds_left } = this.progress;
    if (phase === "train") return ratesText(this.progress);
    if (seconds_left !== null) return leftText(seconds_left);
    return palette === null ? "" : `palette: stitches ${palette.join(", ")}`;
  }
}

export interface ProgressOptions {
  /** Least time between two views, in milliseconds; 200 unless given. The last event is always shown. */
  everyMs?: number;
}

/**
 * Iterates a job (what `adapt` or `resume` gave) and yields its progress as it goes on, ready to be shown. It takes
 * the place of iterating the job's events; `job.result` is awaited as ever.
 */
export async function* progressViews(
  job: AsyncIterable<EngineEvent> & { readonly plan?: Plan },
  options: ProgressOptions = {},
): AsyncGenerator<ProgressView, void, undefined> {
  const tracker = new RunTracker(job.plan);
  const everyMs = options.everyMs ?? 200;
  let shownAt = Number.NEGATIVE_INFINITY;
  let seen = false;
  for await (const event of job) {
    tracker.add(event);
    seen = true;
    if (performance.now() - shownAt < everyMs) continue;
    shownAt = performance.now();
    seen = false;
    yield new ProgressView(tracker.progress);
  }
  if (seen) yield new ProgressView(tracker.progress);
}
