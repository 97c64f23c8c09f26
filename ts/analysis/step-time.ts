/**
 * Mean time of a training step, from few steps. A step takes as long as the stitch that it drew is large, so the mean of
 * few steps hangs on luck; a line through (MACs, time) asks only for the mean MACs of the draws.
 */
import { EstaError } from "../errors.js";

export interface StepSample {
  /** Of the stitches that the step drew, together. */
  readonly macs: number;
  readonly step_ms: number;
}

/** Share of the steps that are left out, those that took most over the line: the machine did something else. */
const LEFT_OUT = 0.1;

/**
 * Time of a step whose stitches have `meanMacs` on average: on the least-squares line through the samples, fitted again
 * without the slowest tenth. Where all samples have the same MACs it is their mean.
 *
 * @throws EstaError("usage") without samples.
 */
export function meanStepTime(samples: readonly StepSample[], meanMacs: number): number {
  if (samples.length === 0) throw new EstaError("usage", "no step was timed");
  const first = fitLine(samples);
  const excess = ({ macs, step_ms }: StepSample) => step_ms - first(macs);
  const kept = [...samples]
    .sort((a, b) => excess(a) - excess(b))
    .slice(0, Math.max(1, Math.ceil((1 - LEFT_OUT) * samples.length)));
  return fitLine(kept)(meanMacs);
}

function fitLine(samples: readonly StepSample[]): (macs: number) => number {
  const mean = (value: (sample: StepSample) => number) =>
    samples.reduce((sum, sample) => sum + value(sample), 0) / samples.length;
  const [macs, time] = [mean((one) => one.macs), mean((one) => one.step_ms)];
  const spread = mean((one) => (one.macs - macs) ** 2);
  const slope = spread === 0 ? 0 : mean((one) => (one.macs - macs) * (one.step_ms - time)) / spread;
  return (at) => time + slope * (at - macs);
}
