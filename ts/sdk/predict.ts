/** Predictions of one stitch of a palette for examples of one's own. */
import { resolve } from "node:path";
import { EstaError } from "../errors.js";
import { paletteOf, type Run } from "./open-run.js";
import { queryEngine } from "./query-engine.js";

export interface PredictOptions {
  /** Id of the stitch; the dearest of the palette unless given. */
  stitch?: number;
  /** How many classes a prediction names. */
  top?: number;
  python?: string;
}

export interface Prediction {
  input: string;
  stitch: number;
  classes: { label: string; probability: number }[];
}

/** Classifies the images in `files`, in order. */
export async function predict(
  run: Run,
  files: readonly string[],
  options: PredictOptions = {},
): Promise<Prediction[]> {
  const palette = paletteOf(run);
  const stitch = options.stitch ?? [...palette.stitches].sort((a, b) => b.macs - a.macs)[0]?.id;
  if (!palette.stitches.some(({ id }) => id === stitch)) {
    const ids = palette.stitches.map(({ id }) => id).join(", ");
    throw new EstaError("usage", `stitch ${stitch} is not in the palette; it holds ${ids}`, {
      hint: "`esta pareto RUN` shows the palette.",
    });
  }
  const answer = await queryEngine<Answer>(
    "predict",
    { run: run.folder, stitch, images: files.map((file) => resolve(file)) },
    { python: options.python ?? run.plan.config.run.python },
  );
  return answer.predictions.map(({ image, probabilities }) => ({
    input: image,
    stitch: answer.stitch,
    classes: Object.entries(probabilities)
      .map(([label, probability]) => ({ label, probability }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, options.top ?? 3),
  }));
}

interface Answer {
  stitch: number;
  predictions: { image: string; probabilities: Record<string, number> }[];
}
