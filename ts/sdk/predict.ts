/** Predictions of one stitch of a palette for examples of one's own. */
import { resolve } from "node:path";
import { findInterpreter } from "../engine/interpreter.js";
import { openQueryChannel } from "../engine/query.js";
import { EstaError } from "../errors.js";
import { paletteOf, type Run } from "./open-run.js";

export interface PredictOptions {
  /** Id of the stitch; the dearest of the palette unless given. */
  stitch?: number | undefined;
  /** How many classes a prediction names; 3 unless given. */
  top?: number | undefined;
  python?: string | undefined;
}

/** A text to classify, or the two texts of a pair. */
export type TextInput = string | { readonly text: string; readonly text_pair: string };

/** Files of images for a run on images, texts for one on texts. */
export type PredictInputs = { readonly images: readonly string[] } | { readonly texts: readonly TextInput[] };

export interface Prediction {
  /** The image's path or the text; of a pair the first one. */
  input: string;
  stitch: number;
  /** The likeliest first. */
  classes: { label: string; probability: number }[];
}

/** Asked of the engine at once; the palette stays loaded between. */
const BATCH = 64;

/**
 * Classifies images or texts, in order.
 *
 * @throws EstaError("usage") for inputs that the run's task does not take, a stitch that its palette has not, and a
 * number of classes that is none.
 */
export async function predict(
  run: Run,
  inputs: PredictInputs,
  options: PredictOptions = {},
): Promise<Prediction[]> {
  const top = checkTop(options.top ?? 3);
  const stitch = stitchOf(run, options.stitch);
  const requests = requestsFor(run, inputs);
  const { executable } = await findInterpreter({ python: options.python ?? run.plan.config.run.python });
  await using channel = await openQueryChannel(executable);
  const predictions: Prediction[] = [];
  for (let start = 0; start < requests.inputs.length; start += BATCH) {
    const answer = await channel.ask<Answer>("predict", {
      ...{ run: run.folder, stitch },
      ...requests.batch(start, start + BATCH),
    });
    predictions.push(
      ...answer.predictions.map(({ probabilities }, i) => ({
        input: requests.inputs[start + i] ?? "",
        stitch: answer.stitch,
        classes: likeliest(probabilities, top),
      })),
    );
  }
  return predictions;
}

interface Answer {
  stitch: number;
  predictions: { probabilities: Record<string, number> }[];
}

const likeliest = (probabilities: Record<string, number>, top: number): Prediction["classes"] =>
  Object.entries(probabilities)
    .map(([label, probability]) => ({ label, probability }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top);

function checkTop(top: number): number {
  if (Number.isInteger(top) && top >= 1) return top;
  throw new EstaError("usage", `the number of classes to name is ${top}; allowed: a whole number from 1`);
}

function stitchOf(run: Run, wanted: number | undefined): number | undefined {
  const { stitches } = paletteOf(run);
  const stitch = wanted ?? [...stitches].sort((a, b) => b.macs - a.macs)[0]?.id;
  if (stitches.some(({ id }) => id === stitch)) return stitch;
  const ids = stitches.map(({ id }) => id).join(", ");
  throw new EstaError("usage", `stitch ${stitch} is not in the palette; it holds ${ids}`, {
    hint: "`esta pareto RUN` shows the palette.",
  });
}

interface Requests {
  inputs: readonly string[];
  /** What the engine is given of the inputs from `start` to `end`. */
  batch(start: number, end: number): Record<string, unknown>;
}

function requestsFor(run: Run, inputs: PredictInputs): Requests {
  const { task } = run.plan.config;
  if (task?.type === "instruction-tuning") {
    throw new EstaError("usage", "this run's networks write text; they classify nothing", {
      hint: `Ask them: esta chat ${run.folder} --prompt "..."`,
    });
  }
  const takes = task?.type === "text-classification" ? "texts" : "images";
  if ("images" in inputs) {
    if (takes !== "images") throw wrongInputs("images", takes);
    const files = inputs.images.map((file) => resolve(file));
    return { inputs: files, batch: (start, end) => ({ images: files.slice(start, end) }) };
  }
  if (takes !== "texts") throw wrongInputs("texts", takes);
  const pairs = takesPairs(run);
  const rows = inputs.texts.map((input, i) => {
    const isPair = typeof input !== "string";
    if (isPair !== pairs)
      throw pairs
        ? wrongInputs("single texts", "pairs of texts")
        : wrongInputs("pairs of texts", "single texts");
    const row = isPair ? [input.text, input.text_pair] : [input];
    if (row.every((text) => text.trim() !== "")) return row;
    throw new EstaError("usage", `text ${i + 1} is empty`, { hint: "Give it words, or leave it out." });
  });
  return {
    inputs: rows.map(([text = ""]) => text),
    // A pair goes as a list of two.
    batch: (start, end) => ({ texts: rows.slice(start, end).map((row) => (pairs ? row : row[0])) }),
  };
}

/** Whether the run classifies pairs of texts. */
export function takesPairs({ plan }: Run): boolean {
  const { task } = plan.config;
  return task?.type === "text-classification" && task.data.columns.text_pair !== undefined;
}

const wrongInputs = (got: string, allowed: string): EstaError =>
  new EstaError("usage", `got ${got}; this run classifies ${allowed}`, {
    hint: `Give ${allowed}, as the run was adapted to.`,
  });
