/** A sweep file: one task's runs of several arms, that is methods or settings, each with the same seeds. */
import { z } from "zod";
import { STITCH_SETS } from "../stitch-sets.js";
import { name, path, seed, size } from "./fields.js";

const overrides = z.record(z.string().min(1), z.unknown());

export const sweepArmSchema = z.strictObject({
  method: z.string().min(1).optional().describe("Replaces the base's method by this one with its defaults."),
  set: overrides.default({}).describe("Path in the configuration -> value, over the base's."),
  same_time_as: name
    .optional()
    .describe(
      "Arm whose training time this one is to take: its steps follow from step times measured by turns.",
    ),
});
export type SweepArmConfig = z.infer<typeof sweepArmSchema>;

export const sweepSchema = z.strictObject({
  version: z.literal(1),
  title: z.string().min(1).optional(),
  base: z.union([path, overrides]).describe("A configuration file, or the configuration itself."),
  arms: z
    .record(name, sweepArmSchema.nullable())
    .default({})
    .describe("Name -> what makes it differ from the base; nothing: the base as it is."),
  grid: z
    .record(z.string().min(1), z.array(z.unknown()).min(1))
    .default({})
    .describe("Path in the configuration -> values; every combination, of each arm."),
  seeds: z
    .array(seed)
    .min(1)
    .default([0])
    .describe("Each serves for initialisation, data and sampling at once."),
  evaluate: z
    .enum(STITCH_SETS)
    .default("palette")
    .describe("all: every stitch of each run, which ranks the scores and judges the choice."),
  reference: z
    .string()
    .min(1)
    .optional()
    .describe("Arm that the others are compared with; the first unless given."),
  folder: path.optional().describe("Folder of the runs; runs/NAME-OF-THE-FILE unless given."),
  quick: z
    .strictObject({
      seeds: z.array(seed).min(1).optional().describe("The first seed unless given."),
      arms: z.array(name).min(1).optional().describe("All unless given."),
      divide_steps_by: size.default(10),
      set: overrides.default({}),
    })
    .prefault({})
    .describe("What --quick makes of it, to see that all works."),
});
export type SweepConfig = z.infer<typeof sweepSchema>;
