/** What the steps of a training run say about loss, draws and scores, reduced to what a chart can show. */
import type { ReportStep } from "./report-data.js";

export interface LossPoint {
  readonly step: number;
  /** Mean over the steps that this point stands for. */
  readonly loss: number;
  /** Moving average up to here, corrected for its start. */
  readonly smooth: number;
}

const LOSS_MOMENTUM = 0.95;

/** At most `most` points along the steps; steps without a finite loss count nothing. */
export function lossCurve(steps: readonly ReportStep[], most = 300): LossPoint[] {
  const known = steps.filter((entry) => entry.loss !== null && Number.isFinite(entry.loss));
  const average = new MovingAverage(LOSS_MOMENTUM);
  return chunks(known, most).map((chunk) => {
    let sum = 0;
    for (const { loss } of chunk) {
      sum += loss as number;
      average.add(loss as number);
    }
    return { step: (chunk.at(-1) as ReportStep).step, loss: sum / chunk.length, smooth: average.value };
  });
}

export interface ScorePoint {
  readonly stitch: number;
  readonly step: number;
  /** Moving average of the stitch's scores, as the engine keeps it. */
  readonly score: number;
}

/**
 * Moving average of each stitch's score at up to `most` steps, from its first draw on. Momentum 0 gives the last
 * score itself.
 */
export function scoreCurves(steps: readonly ReportStep[], momentum: number, most = 60): ScorePoint[] {
  const averages = new Map<number, MovingAverage>();
  const points: ScorePoint[] = [];
  for (const chunk of chunks(steps, most)) {
    for (const { stitches, scores } of chunk) {
      for (const [i, stitch] of stitches.entries()) {
        const score = scores[i];
        if (score === undefined || score === null || !Number.isFinite(score)) continue;
        const average = averages.get(stitch) ?? new MovingAverage(momentum);
        average.add(score);
        averages.set(stitch, average);
      }
    }
    const { step } = chunk.at(-1) as ReportStep;
    for (const [stitch, average] of averages) points.push({ stitch, step, score: average.value });
  }
  return points;
}

/**
 * Minus the moving average of each stitch's own training loss, the score `training-loss`, from the steps of any run:
 * it needs nothing that a step does not tell. Null where steps drew several stitches, whose losses are told together.
 */
export function trainingLossScores(
  steps: readonly ReportStep[],
  momentum: number,
): ReadonlyMap<number, number> | null {
  if (steps.length === 0 || steps.some(({ stitches }) => stitches.length !== 1)) return null;
  const scored = steps.map((step) => ({ ...step, scores: [step.loss === null ? null : -step.loss] }));
  return new Map(scoreCurves(scored, momentum, 1).map(({ stitch, score }) => [stitch, score]));
}

/** Sum of momentum^age * value over the sum of momentum^age, as the engine has it; a momentum of 1 gives the mean. */
class MovingAverage {
  readonly #momentum: number;
  #sum = 0;
  #weight = 0;

  constructor(momentum: number) {
    this.#momentum = momentum;
  }

  add(value: number): void {
    this.#sum = this.#momentum * this.#sum + value;
    this.#weight = this.#momentum * this.#weight + 1;
  }

  get value(): number {
    return this.#weight === 0 ? 0 : this.#sum / this.#weight;
  }
}

/** Cuts `list` into at most `most` runs of equal length, the last one shorter. */
function chunks<Item>(list: readonly Item[], most: number): Item[][] {
  const size = Math.max(1, Math.ceil(list.length / most));
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
    list.slice(i * size, (i + 1) * size),
  );
}
