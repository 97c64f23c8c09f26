/** Measures how long stitches of a finished run take on its device: their merged networks, side by side. */
import { LARGEST_SIZE } from "../config/schema/fields.js";
import { EstaError } from "../errors.js";
import { type EngineJob, type EngineOptions, interpreterOf, runEngine } from "./engine-job.js";
import { openRun, paletteOf, type Run } from "./open-run.js";
import { type StitchChoice, stitchList } from "./stitch-choice.js";

export interface MeasureLatencyOptions extends EngineOptions {
  /** The palette (default), every stitch of the plan, or these ids. */
  stitches?: StitchChoice;
  /** Sequences in a forward pass, each measured by itself; one unless given. */
  batchSizes?: readonly number[];
  /** Rounds that count, in each of which every stitch runs once; 20 unless given. */
  repeats?: number;
}

/**
 * Starts to measure; the job's result is the run with the new latencies. What was measured before is measured again.
 *
 * @throws EstaError("usage") for a run that has not finished, a stitch that it has not, and numbers that are none.
 */
export function measureLatency(run: Run, options: MeasureLatencyOptions = {}): EngineJob<Run> {
  const { batchSizes = [1], repeats = 20 } = options;
  paletteOf(run);
  const list = stitchList(run, options.stitches);
  for (const size of batchSizes) checkNumber("batch size", size);
  if (batchSizes.length === 0) throw new EstaError("usage", "no batch size was given; allowed: one and more");
  checkNumber("number of repeats", repeats);
  const numbers = ["--batch-sizes", ...batchSizes.map(String), "--repeats", String(repeats)];
  return runEngine(
    async () => ["latency", "--run-dir", run.folder, "--stitches", list, ...numbers],
    () => openRun(run.folder),
    interpreterOf(run.plan, options),
  );
}

function checkNumber(what: string, value: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= LARGEST_SIZE) return;
  throw new EstaError("usage", `the ${what} is ${value}; allowed: a whole number from 1`);
}
