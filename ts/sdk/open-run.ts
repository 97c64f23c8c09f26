/** Opens a run folder: plan, palette, evaluations, events and environment, checked as they are read. */
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { z } from "zod";
import { type EngineEvent, eventSchema } from "../engine/events.js";
import {
  type Environment,
  type Evaluation,
  environmentSchema,
  evaluationSchema,
  type Latency,
  latencySchema,
  type Palette,
  paletteSchema,
  type Sample,
  sampleSchema,
} from "../engine/run-files.js";
import { EstaError } from "../errors.js";
import { readPlan } from "../planning/plan-file.js";
import type { Plan } from "../planning/plan-schema.js";

/** A run folder, read. `palette` is undefined until the run has finished. */
export interface Run {
  readonly folder: string;
  readonly plan: Plan;
  readonly palette: Palette | undefined;
  readonly evaluations: readonly Evaluation[];
  /** As they were measured, oldest first; `latenciesOf` gives those that can be compared. */
  readonly latencies: readonly Latency[];
  readonly environment: Environment | undefined;
  /** Reads the events from disk; a step that was repeated after a resume comes once, as last written. */
  events(): Promise<EngineEvent[]>;
  /** Reads what the palette's networks said to a few held-out examples; empty before it was chosen. */
  samples(): Promise<Sample[]>;
}

/**
 * Opens the run in `folder`, finished or not.
 *
 * @throws EstaError("usage") where there is no run, EstaError("configuration") where a file is not as it should be.
 */
export async function openRun(folder: string): Promise<Run> {
  const runDir = resolve(folder);
  const plan = readPlan(runFile(runDir, "plan.json"));
  const palette = readOptional(join(runDir, "palette", "palette.json"), paletteSchema);
  const environment = readOptional(join(runDir, "environment.json"), environmentSchema);
  const evaluations = await readLines(join(runDir, "evaluations.ndjson"), evaluationSchema);
  const latencies = await readLines(join(runDir, "latencies.ndjson"), latencySchema);
  return {
    folder: runDir,
    plan,
    palette,
    environment,
    evaluations,
    latencies,
    samples: () => readLines(join(runDir, "samples.ndjson"), sampleSchema),
    events: async () => withoutRepeats(await readLines(join(runDir, "events.ndjson"), eventSchema)),
  };
}

/** The palette of a run that has one. */
export function paletteOf(run: Run): Palette {
  if (run.palette !== undefined) return run.palette;
  throw new EstaError("usage", `the run in ${run.folder} has no palette yet`, {
    hint: `Finish it with \`esta resume ${run.folder}\`.`,
  });
}

/** Path of a file that every run folder has. */
export function runFile(runDir: string, file: string): string {
  const path = join(runDir, file);
  if (existsSync(path)) return path;
  if (existsSync(runDir) && !statSync(runDir).isDirectory()) {
    const inRun = existsSync(join(dirname(runDir), file));
    throw new EstaError("usage", `${runDir} is a file, no run folder`, {
      hint: inRun
        ? `Name its folder: ${dirname(runDir)}`
        : "Name the folder that `esta adapt --run-dir` wrote.",
    });
  }
  throw new EstaError("usage", `${runDir} is no run folder: it has no ${file}`, {
    hint: "Name the folder that `esta adapt --run-dir` wrote.",
  });
}

function readOptional<Schema extends z.ZodType>(file: string, schema: Schema): z.infer<Schema> | undefined {
  return existsSync(file) ? check(schema, readFileSync(file, "utf8"), file) : undefined;
}

/** Reads NDJSON; a last line that a killed engine left torn is not there. */
async function readLines<Schema extends z.ZodType>(file: string, schema: Schema): Promise<z.infer<Schema>[]> {
  if (!existsSync(file)) return [];
  const rows: z.infer<Schema>[] = [];
  let held: string | undefined;
  for await (const line of createInterface({ input: createReadStream(file, "utf8") })) {
    if (held !== undefined) rows.push(check(schema, held, file));
    held = line;
  }
  if (held !== undefined && isJson(held)) rows.push(check(schema, held, file));
  return rows;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function check<Schema extends z.ZodType>(schema: Schema, text: string, file: string): z.infer<Schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new EstaError("configuration", `${file} is not what this version of estakit writes`, {
      hint: "It was changed by hand, damaged, or written by another version.",
      cause,
    });
  }
}

function withoutRepeats(events: readonly EngineEvent[]): EngineEvent[] {
  const last = new Map<number, EngineEvent>();
  for (const event of events) if (event.event === "step") last.set(event.step, event);
  return events.filter((event) => event.event !== "step" || last.get(event.step) === event);
}
