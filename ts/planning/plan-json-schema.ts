/**
 * The plan's JSON Schema, against which the engine checks every plan before it does anything. The file
 * python/esta_engine/plan.schema.json is this, written by `npm run generate`.
 */
import { z } from "zod";
import { addRefinements, type JsonSchema } from "../config/json-schema.js";
import { planSchema } from "./plan-schema.js";

/** A new JSON Schema (draft 2020-12) of a plan; the caller may change it. */
export function planJsonSchema(): JsonSchema {
  return {
    ...z.toJSONSchema(planSchema, {
      io: "output",
      override: ({ zodSchema, jsonSchema }) => {
        addRefinements(zodSchema, jsonSchema);
        // A plan leaves nothing to default and is no document to read: only what is checked stays.
        delete jsonSchema.default;
        delete jsonSchema.description;
      },
    }),
    title: "Plan of estakit",
  };
}
