/** What to predict for, from files: images are the files themselves, texts stand in them one a line or row. */
import { existsSync } from "node:fs";
import { extname } from "node:path";
import { closest } from "../config/problems.js";
import { EstaError } from "../errors.js";
import { tableRows, textLines } from "../planning/table-rows.js";
import type { Run } from "./open-run.js";
import { type PredictInputs, type TextInput, takesPairs } from "./predict.js";

/**
 * The examples in `files` for the task of `run`. A run on texts reads CSV and JSONL by the columns that it was adapted
 * to, and any other file as one text a line.
 *
 * @throws EstaError("usage") for a file that is not there, is not UTF-8, or has no such column.
 */
export async function readInputs(run: Run, files: readonly string[]): Promise<PredictInputs> {
  if (run.plan.config.task?.type !== "text-classification") return { images: files };
  const texts: TextInput[] = [];
  for (const file of files) texts.push(...(await readTexts(run, file)));
  return { texts };
}

async function readTexts(run: Run, file: string): Promise<TextInput[]> {
  if (!existsSync(file)) throw new EstaError("usage", `no such file: ${file}`);
  try {
    const ending = extname(file).toLowerCase();
    if (ending === ".csv") return await readTable(run, file, "csv");
    return ending === ".jsonl" || ending === ".ndjson"
      ? await readTable(run, file, "jsonl")
      : await readLines(run, file);
  } catch (cause) {
    if (cause instanceof EstaError) throw cause;
    throw new EstaError("usage", `cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
}

async function readLines(run: Run, file: string): Promise<TextInput[]> {
  if (takesPairs(run))
    throw new EstaError("usage", `${file} holds single texts; this run classifies pairs`, {
      hint: "Give a CSV or JSONL with both columns.",
    });
  const texts: string[] = [];
  for await (const line of textLines(file)) if (line.trim() !== "") texts.push(line);
  return texts;
}

async function readTable(run: Run, file: string, format: "csv" | "jsonl"): Promise<TextInput[]> {
  const { task } = run.plan.config;
  const columns = task?.type === "text-classification" ? task.data.columns : undefined;
  const { text = "text", text_pair } = columns ?? {};
  const texts: TextInput[] = [];
  for await (const { number, fields } of tableRows(file, format)) {
    const value = (column: string) => textAt(fields, column, `${file}, row ${number}`);
    texts.push(text_pair === undefined ? value(text) : { text: value(text), text_pair: value(text_pair) });
  }
  return texts;
}

function textAt(fields: Readonly<Record<string, unknown>>, column: string, place: string): string {
  const value = fields[column];
  if (typeof value === "string") return value;
  const names = Object.keys(fields);
  const meant = closest(column, names);
  throw new EstaError("usage", `${place} has no text in the column ${column}; it has ${names.join(", ")}`, {
    hint: meant
      ? `The run was adapted to the column ${column}; is it ${meant}?`
      : "Name the column as in training.",
  });
}
