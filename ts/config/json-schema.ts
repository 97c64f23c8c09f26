/**
 * The configuration's JSON Schema, for editors and for `esta schema`: what a user may write, so everything with
 * a default may be left out. The file configs/esta.schema.json is this, written by `npm run generate`.
 */
import { z } from "zod";
import { configSchema } from "./schema/index.js";
import { sweepSchema } from "./schema/sweep.js";
import { trainingSchema } from "./schema/training.js";

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** A new JSON Schema (draft 2020-12) of the configuration; the caller may change it. */
export function configJsonSchema(): JsonSchema {
  return {
    ...z.toJSONSchema(configSchema, {
      io: "input",
      override: ({ zodSchema, jsonSchema }) => addRefinements(zodSchema, jsonSchema),
    }),
    title: "Configuration of estakit",
  };
}

/**
 * Adds to `jsonSchema` what zod says in code (`refine`) and so leaves out of the JSON Schema. The only such
 * rule of the configuration is training's "steps or epochs, not both".
 */
export function addRefinements(zodSchema: z.core.$ZodType, jsonSchema: JsonSchema): void {
  if (zodSchema === trainingSchema) jsonSchema.not = { required: ["steps", "epochs"] };
}

/** A new JSON Schema of a sweep file, for editors and for `esta schema --sweep`. */
export function sweepJsonSchema(): JsonSchema {
  return { ...z.toJSONSchema(sweepSchema, { io: "input" }), title: "Sweep of estakit" };
}
