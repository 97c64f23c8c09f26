/** `run`: where and on what a run happens; nothing here changes what is computed but the device. */
import { z } from "zod";
import { count, path, size } from "./fields.js";

export const DEVICES = ["auto", "cpu", "cuda", "mps"] as const;

export const runSchema = z.strictObject({
  folder: path.optional().describe("Run folder; runs/NAME-TIME unless given here or with --run-dir."),
  device: z
    .enum(DEVICES)
    .default("auto")
    .describe("auto is resolved by the engine, recorded, reused on resume."),
  threads: size.optional().describe("Torch threads; recorded, for results depend on it. One unless given."),
  workers: count.default(0).describe("Threads that read images, besides the engine's own."),
  python: path.optional().describe("Interpreter; .venv's, then python3, unless given here or with --python."),
});
export type RunConfig = z.infer<typeof runSchema>;
