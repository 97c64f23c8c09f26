/**
 * Writes and reads plan files: JSON, one line a stitch, streamed, so that large plans need no large string.
 */
import { createWriteStream, readFileSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { isRecord } from "../config/schema-walk.js";
import { EstaError } from "../errors.js";
import { PLAN_SCHEMA_VERSION, type Plan, planSchema } from "./plan-schema.js";

/** Characters of a chunk: large enough that a million stitches are few writes. */
const CHUNK = 1 << 16;
/** Mistakes that one message names; a plan edited by a script may hold one a stitch. */
const MOST_NAMED = 10;

const ANEW =
  "Plan anew with `esta plan FILE --out plan.json`; edit the configuration rather than the plan.\n" +
  "If it is a run's: its report.html stands as it is; for all else, `esta adapt` the configuration into a new folder.";

/**
 * Writes a plan into a file, atomically (under another name in the same folder, then renamed), or to a
 * stream, which is left open.
 *
 * @throws EstaError("configuration") if the file cannot be written.
 */
export async function writePlan(target: string | Writable, plan: Plan): Promise<void> {
  if (typeof target !== "string") {
    await pipeline(Readable.from(planChunks(plan)), target, { end: false });
    return;
  }
  const draft = `${target}.${process.pid}.tmp`;
  try {
    await pipeline(Readable.from(planChunks(plan)), createWriteStream(draft));
    await rename(draft, target);
  } catch (cause) {
    await rm(draft, { force: true });
    throw new EstaError("configuration", `cannot write the plan: ${(cause as Error).message}`, {
      hint: "Name a file in a folder that exists and may be written to.",
      cause,
    });
  }
}

/** The plan's JSON in pieces; joined they are what `JSON.parse` reads. */
export function* planChunks(plan: Plan): Generator<string> {
  let chunk = "{";
  let separator = "\n  ";
  for (const [key, value] of Object.entries(plan)) {
    chunk += `${separator}${JSON.stringify(key)}: `;
    separator = ",\n  ";
    if (!Array.isArray(value)) {
      chunk += JSON.stringify(value);
      continue;
    }
    let comma = "[\n    ";
    for (const item of value) {
      chunk += comma + JSON.stringify(item);
      comma = ",\n    ";
      if (chunk.length < CHUNK) continue;
      yield chunk;
      chunk = "";
    }
    chunk += value.length === 0 ? "[]" : "\n  ]";
  }
  yield `${chunk}\n}\n`;
}

/**
 * Reads and checks a plan file.
 *
 * @throws EstaError("configuration") that names each mistake by its path.
 */
export function readPlan(file: string): Plan {
  return parsePlan(readText(file), file);
}

/** The same for a text in memory; `source` names it in messages. */
export function parsePlan(text: string, source = "plan"): Plan {
  const data = parseJson(text, source);
  const version = (data as { schema_version?: unknown } | null)?.schema_version;
  if (version !== undefined && version !== PLAN_SCHEMA_VERSION) {
    throw new EstaError(
      "configuration",
      `${source}: schema_version: got ${JSON.stringify(version)}; allowed: ${PLAN_SCHEMA_VERSION}`,
      { hint: `It was written by another version of estakit. ${ANEW}` },
    );
  }
  const result = planSchema.safeParse(data);
  // A plan leaves nothing to default: what is filled in now, another version did not know, and ran otherwise.
  const issues = result.success ? keysLeftOut(data, result.data) : result.error.issues;
  if (result.success && issues.length === 0) return result.data;
  const named = issues
    .slice(0, MOST_NAMED)
    .map(({ path, message }) => `  ${z.core.toDotPath(path)}: ${message}`);
  const rest = issues.length > MOST_NAMED ? `\n  and ${issues.length - MOST_NAMED} more` : "";
  throw new EstaError(
    "configuration",
    `${source} is not a plan of this version of estakit:\n${named.join("\n")}${rest}`,
    {
      hint: `It was written by another version, or changed by hand. ${ANEW}`,
      details: {
        problems: issues
          .slice(0, MOST_NAMED)
          .map(({ path, message }) => ({ path: z.core.toDotPath(path), message })),
      },
    },
  );
}

interface Issue {
  path: PropertyKey[];
  message: string;
}

/** Of each key that `given` lacks and `filled` has. */
function keysLeftOut(given: unknown, filled: unknown, path: PropertyKey[] = []): Issue[] {
  if (!isRecord(filled)) return [];
  return Object.entries(filled).flatMap(([key, value]) => {
    const here = [...path, key];
    if (isRecord(given) && Object.hasOwn(given, key)) return keysLeftOut(given[key], value, here);
    return [{ path: here, message: "missing" }];
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw new EstaError("configuration", `${missing ? "no such file" : "cannot read"}: ${file}`, {
      hint: "`esta plan FILE --out plan.json` writes a plan.",
      cause,
    });
  }
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EstaError("configuration", `${source} is not JSON: ${(cause as Error).message}`, {
      hint: "`esta plan FILE --out plan.json` writes a plan.",
      cause,
    });
  }
}
