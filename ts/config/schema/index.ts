/** The configuration file: one schema, from which the types, the checks, the JSON Schema and the defaults come. */
import { z } from "zod";
import { deploymentSchema } from "./deployment.js";
import { familySchema } from "./family.js";
import { DEFAULT_METHOD, estaSchema, methodSchema } from "./method.js";
import { runSchema } from "./run.js";
import { spaceSchema } from "./space.js";
import { taskSchema } from "./task.js";
import { trainingSchema } from "./training.js";

export const configSchema = z.strictObject({
  version: z.literal(1).describe("Version of this file's form."),
  family: familySchema.describe("The pre-trained models that are stitched."),
  space: spaceSchema.optional().describe("Chosen by the planner from the family's depths unless given."),
  task: taskSchema.optional().describe("What the family is adapted to; needed to run, not to plan."),
  method: methodSchema
    .default(() => estaSchema.parse({ name: DEFAULT_METHOD }))
    .describe("How the stitches are trained; each method has its own defaults."),
  training: trainingSchema.prefault({}).describe("How long, how fast, in what precision; seeds."),
  deployment: deploymentSchema.prefault({}).describe("How the palette is chosen along the cost axis."),
  run: runSchema.prefault({}).describe("Where and on what a run happens."),
});
export type Config = z.infer<typeof configSchema>;
/** What a user may write: everything with a default may be left out. */
export type ConfigInput = z.input<typeof configSchema>;
