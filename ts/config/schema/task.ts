/** `task`: the data, how it is split, and the metric. Optional for planning. */
import { z } from "zod";
import { count, fraction, path, share, size } from "./fields.js";

export const BUILT_IN_DATA = { digits: { type: "image-classification", classes: 10 } } as const;
export type BuiltInData = keyof typeof BUILT_IN_DATA;
export const DATA_FORMATS = ["image-folder", "csv", "jsonl", "parquet", "saved"] as const;
export type DataFormat = (typeof DATA_FORMATS)[number];
export const CLASSIFICATION_METRICS = ["accuracy", "macro-f1"] as const;

const part = z.union([fraction, path]);

/** Files of one's own. A part that is a fraction is cut, stratified by class, from the training part. */
const imageFilesSchema = z.strictObject({
  format: z.enum(DATA_FORMATS).optional().describe("Recognised from the training path unless given."),
  train: path.describe(
    "Image folder (one sub-folder a class), CSV or JSONL with image paths, Parquet, saved set.",
  ),
  validation: part.default(0.1),
  test: part.default(0.2),
  columns: z
    .strictObject({ image: z.string().min(1).default("image"), label: z.string().min(1).default("label") })
    .prefault({}),
});

export const imageClassificationSchema = z.strictObject({
  type: z.literal("image-classification"),
  data: z.union([z.enum(Object.keys(BUILT_IN_DATA) as [BuiltInData]), imageFilesSchema]),
  sizes: z
    .strictObject({ train: size.optional(), validation: size.optional(), test: size.optional() })
    .prefault({})
    .describe("Most examples of each part, drawn evenly over the classes; all unless given."),
  classes: size
    .optional()
    .describe("Known for built-ins, counted for folders, CSV and JSONL, else required."),
  metric: z.enum(CLASSIFICATION_METRICS).default("accuracy"),
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

export const taskSchema = z.discriminatedUnion("type", [imageClassificationSchema]);
export type TaskConfig = z.infer<typeof taskSchema>;
export type ImageClassificationTask = z.infer<typeof imageClassificationSchema>;
