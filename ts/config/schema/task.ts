/** `task`: the data, how it is split, and the metric. Optional for planning. */
import { z } from "zod";
import { count, fraction, path, share, size } from "./fields.js";

export const BUILT_IN_DATA = { digits: { type: "image-classification", classes: 10 } } as const;
export type BuiltInData = keyof typeof BUILT_IN_DATA;
export const DATA_FORMATS = ["image-folder", "csv", "jsonl", "parquet", "saved"] as const;
export type DataFormat = (typeof DATA_FORMATS)[number];
export const TEXT_FORMATS = ["csv", "jsonl", "parquet", "saved"] as const;
export const CONVERSATION_FORMATS = ["jsonl", "parquet", "saved"] as const;
export const CLASSIFICATION_METRICS = ["accuracy", "macro-f1"] as const;
export const CHOICE_METRICS = ["choice-accuracy", "choice-accuracy-normalised"] as const;
export const LANGUAGE_METRICS = ["perplexity", "loss", ...CHOICE_METRICS] as const;
export const BATCHINGS = ["grouped", "packed", "padded"] as const;
export const TEMPLATES = ["auto", "plain"] as const;

const part = z.union([fraction, path]);
const parts = {
  validation: part.default(0.1).describe("Path, or share to cut from the training part; choices use it."),
  test: part.default(0.2).describe("Path, or share to cut from the training part; only reported."),
};
const sizes = z
  .strictObject({
    train: size.optional().describe("Most training examples."),
    validation: size.optional().describe("Most validation examples."),
    test: size.optional().describe("Most test examples."),
  })
  .prefault({});
const sequenceLength = size
  .optional()
  .describe(
    "Longest text in tokens: what is longer is cut, and costs are counted for it; the family's unless given.",
  );

/** Files of one's own. A part that is a fraction is cut, stratified by class, from the training part. */
const imageFilesSchema = z.strictObject({
  format: z.enum(DATA_FORMATS).optional().describe("Recognised from the training path unless given."),
  train: path.describe(
    "Image folder (one sub-folder a class), CSV or JSONL with image paths, Parquet, saved set.",
  ),
  ...parts,
  columns: z
    .strictObject({
      image: z.string().min(1).default("image").describe("Column of images or their paths."),
      label: z.string().min(1).default("label").describe("Column of classes."),
    })
    .prefault({}),
});

export const imageClassificationSchema = z.strictObject({
  type: z.literal("image-classification").describe("One class for each image."),
  data: z
    .union([z.enum(Object.keys(BUILT_IN_DATA) as [BuiltInData]), imageFilesSchema])
    .describe("A built-in set, or files of your own."),
  sizes: sizes.describe("Most examples of each part, drawn evenly over the classes; all unless given."),
  classes: size
    .optional()
    .describe("Known for built-ins, counted for folders, CSV and JSONL, else required."),
  metric: z.enum(CLASSIFICATION_METRICS).default("accuracy").describe("What the frontier is drawn over."),
  augmentation: z
    .strictObject({
      flip: share.default(0).describe("Probability of a left-right flip."),
      shift: count.default(0).describe("Largest shift in pixels, zero-padded, in either direction."),
      rotation: z.number().min(0).max(180).default(0).describe("Largest rotation in degrees."),
      scale: z.number().min(0).lt(1).default(0).describe("Largest relative change of size."),
      brightness: share.default(0).describe("Largest relative change of brightness."),
      erase: share.default(0).describe("Probability of erasing a random quarter-side square."),
      noise: z
        .number()
        .min(0)
        .default(0)
        .describe("Standard deviation of added noise, on normalised pixels."),
    })
    .prefault({}),
});

/** Texts of one's own, one a row, or two where a pair is classified. */
const textFilesSchema = z.strictObject({
  format: z.enum(TEXT_FORMATS).optional().describe("Recognised from the training path unless given."),
  train: path.describe("CSV, JSONL or Parquet with a text and a label a row, or a saved set."),
  ...parts,
  columns: z
    .strictObject({
      text: z.string().min(1).default("text").describe("Column of texts."),
      text_pair: z.string().min(1).optional().describe("Second text of a pair, such as a hypothesis."),
      label: z.string().min(1).default("label").describe("Column of classes."),
    })
    .prefault({}),
});

export const textClassificationSchema = z.strictObject({
  type: z.literal("text-classification").describe("One class for each text, or pair of texts."),
  data: textFilesSchema.describe("Files of your own."),
  sizes: sizes.describe("Most examples of each part, drawn evenly over the classes; all unless given."),
  classes: size.optional().describe("Counted for CSV and JSONL, else required."),
  metric: z.enum(CLASSIFICATION_METRICS).default("accuracy").describe("What the frontier is drawn over."),
  sequence_length: sequenceLength,
});

/**
 * Conversations, one a row: `messages: [{role, content}, ...]`, or `instruction`, `input` (may be left out) and
 * `output`. In place of `output` a row may have `choices: [text, ...]` and `answer: INDEX`: the right choice is
 * learned from, and choice accuracy is measured on such rows.
 */
const conversationFilesSchema = z.strictObject({
  format: z.enum(CONVERSATION_FORMATS).optional().describe("Recognised from the training path unless given."),
  train: path.describe("JSONL, Parquet or a saved set: messages, or instruction, input and output."),
  ...parts,
});

export const instructionTuningSchema = z.strictObject({
  type: z.literal("instruction-tuning").describe("Answers to instructions, by language models."),
  data: conversationFilesSchema.describe("Files of your own."),
  sizes: sizes.describe("Most conversations of each part, drawn at random; all unless given."),
  metric: z
    .enum(LANGUAGE_METRICS)
    .default("perplexity")
    .describe("Of the answers' tokens; choice-accuracy: the likeliest choice is the right one."),
  sequence_length: sequenceLength,
  batching: z
    .enum(BATCHINGS)
    .default("grouped")
    .describe(
      "grouped: conversations of like length share a batch; packed: several fill one sequence; padded: neither.",
    ),
  template: z
    .enum(TEMPLATES)
    .default("auto")
    .describe("auto: the tokenizer's chat template where it has one; plain: the documented one."),
  generated_samples: count
    .default(3)
    .describe("Answers that each network of the palette writes for the report, to held-out questions."),
});

export const taskSchema = z.discriminatedUnion("type", [
  imageClassificationSchema,
  textClassificationSchema,
  instructionTuningSchema,
]);
export type TaskConfig = z.infer<typeof taskSchema>;
export type TaskType = TaskConfig["type"];
export const TASK_TYPES = taskSchema.options.map((option) => option.shape.type.value);
export type ImageClassificationTask = z.infer<typeof imageClassificationSchema>;
export type TextClassificationTask = z.infer<typeof textClassificationSchema>;
export type InstructionTuningTask = z.infer<typeof instructionTuningSchema>;
