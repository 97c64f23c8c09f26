/** The configuration file: one schema, from which the types, the checks, the JSON Schema and the defaults come. */
import { z } from "zod";
import { deploymentSchema } from "./deployment.js";
import { familySchema } from "./family.js";
import { estaSchema, methodSchema } from "./method.js";
import { runSchema } from "./run.js";
import { spaceSchema } from "./space.js";
import { taskSchema } from "./task.js";
import { trainingSchema } from "./training.js";

export const configSchema = z.strictObject({
  version: z.literal(1),
  family: familySchema,
  space: spaceSchema.optional().describe("Chosen by the planner from the family's depths unless given."),
  task: taskSchema.optional(),
  method: methodSchema.default(() => estaSchema.parse({ name: "esta" })),
  training: trainingSchema.prefault({}),
  deployment: deploymentSchema.prefault({}),
  run: runSchema.prefault({}),
});
export type Config = z.infer<typeof configSchema>;
/** What a user may write: everything with a default may be left out. */
export type ConfigInput = z.input<typeof configSchema>;
