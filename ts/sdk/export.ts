/** Writes one stitch as an ordinary network: LoRA and biases merged, in Hugging Face layout. */
import { resolve } from "node:path";
import { EstaError } from "../errors.js";
import { type EngineJob, type EngineOptions, interpreterOf, runEngine } from "./engine-job.js";
import { paletteOf, type Run } from "./open-run.js";

export interface ExportOptions extends EngineOptions {
  stitch: number;
  /** The folder to write; it must not exist, or be empty, unless `force`. */
  out: string;
  force?: boolean;
}

export interface Exported {
  folder: string;
  stitch: number;
}

/** Starts the export; the job's result says what was written. */
export function exportStitch(run: Run, options: ExportOptions): EngineJob<Exported> {
  const known = paletteOf(run).stitches.map(({ id }) => id);
  if (!known.includes(options.stitch)) {
    throw new EstaError(
      "usage",
      `stitch ${options.stitch} is not in the palette; it holds ${known.join(", ")}`,
      {
        hint: "`esta pareto RUN` shows the palette.",
      },
    );
  }
  const out = resolve(options.out);
  return runEngine(
    async () => [
      "export",
      ...["--run-dir", run.folder, "--stitch", String(options.stitch), "--out", out],
      ...(options.force ? ["--force"] : []),
    ],
    async () => ({ folder: out, stitch: options.stitch }),
    interpreterOf(run.plan, options),
  );
}
