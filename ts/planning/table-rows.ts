/** Rows of CSV and JSONL files, streamed. What cannot be read is told with its line; the file is UTF-8 or refused. */
import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";

/** One row: where it stands (the line of a JSONL, the row of a CSV, both from 1), and its fields by column. */
export interface TableRow {
  readonly number: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The rows of `file`; all fields of a CSV are texts. @throws Error that says what is wrong, and where. */
export const tableRows = (file: string, format: "csv" | "jsonl"): AsyncGenerator<TableRow> =>
  format === "csv" ? csvRows(file) : jsonlRows(file);

async function* csvRows(file: string): AsyncGenerator<TableRow> {
  const { parse } = await import("csv-parse");
  const parser = parse({ columns: true });
  const source = Readable.from(utf8Texts(file));
  source.on("error", (error) => parser.destroy(error));
  let number = 0;
  try {
    for await (const fields of source.pipe(parser) as AsyncIterable<Record<string, string>>) {
      number += 1;
      yield { number, fields };
    }
  } finally {
    source.destroy();
  }
}

async function* jsonlRows(file: string): AsyncGenerator<TableRow> {
  let number = 0;
  for await (const line of textLines(file)) {
    number += 1;
    if (line.trim() === "") continue;
    const fields = parseObject(line);
    if (fields === undefined) throw new Error(`line ${number} is no JSON object`);
    yield { number, fields };
  }
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The lines of a UTF-8 file, without their ends. @throws Error that names the line that is not UTF-8. */
export async function* textLines(file: string): AsyncGenerator<string> {
  let rest = "";
  for await (const text of utf8Texts(file)) {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** The file as pieces of text, without a byte order mark. */
async function* utf8Texts(file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for await (const bytes of createReadStream(file) as AsyncIterable<Buffer>) {
    yield await decode(() => decoder.decode(bytes, { stream: true }), file);
  }
  yield await decode(() => decoder.decode(), file);
}

async function decode(action: () => string, file: string): Promise<string> {
  try {
    return action();
  } catch {
    throw new Error(`line ${await firstFaultyLine(file)} is not UTF-8`);
  }
}

const LINE_END = 0x0a;

/** A line end is no part of any other character in UTF-8, so that each line can be judged by itself. */
async function firstFaultyLine(file: string): Promise<number> {
  let line = 1;
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let bytes = Buffer.concat([rest, chunk]);
    for (let end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END)) {
      if (!isUtf8(bytes.subarray(0, end))) return line;
      bytes = bytes.subarray(end + 1);
      line += 1;
    }
    rest = bytes;
  }
  return line;
}
