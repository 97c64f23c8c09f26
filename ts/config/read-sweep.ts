/** Reads a sweep file: YAML, every mistake at once with its line, relative paths against the file's folder. */
import { basename, dirname, extname, resolve } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { configurationError, findProblems, type Problem } from "./problems.js";
import { locate, readText } from "./read.js";
import { type SweepArmConfig, type SweepConfig, sweepSchema } from "./schema/sweep.js";

export interface SweepFile extends Omit<SweepConfig, "arms" | "base" | "folder"> {
  /** Absolute. */
  readonly file: string;
  /** Absolute; undefined where the file says none. */
  readonly folder: string | undefined;
  /** The base's text, what messages call it, and the folder that its paths are relative to. */
  readonly base: { readonly text: string; readonly source: string; readonly folder: string };
  readonly arms: Readonly<Record<string, SweepArmConfig>>;
  /** As it was written. */
  readonly written: unknown;
}

/** @throws EstaError("configuration") that names all mistakes at once. The base itself is checked with its overrides. */
export function readSweepFile(file: string): SweepFile {
  const text = readText(file);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const syntax = document.errors.map(
    ({ message, pos }): Problem => ({
      path: "",
      message: message.split("\n")[0] ?? message,
      place: place(pos[0]),
    }),
  );
  if (syntax.length > 0) throw configurationError(file, syntax);
  const data: unknown = document.toJS() ?? {};
  const result = sweepSchema.safeParse(data);
  if (!result.success) {
    const findings = findProblems(sweepSchema, data, result.error.issues);
    throw configurationError(
      file,
      findings.map((finding) => locate(finding, document, new Map(), place)),
    );
  }
  const arms = armsOf(result.data);
  const faults = crossFaults(result.data, arms);
  if (faults.length > 0) {
    throw configurationError(
      file,
      faults.map(({ path, message }) => locate({ path, message, at: "value" }, document, new Map(), place)),
    );
  }
  const folder = dirname(resolve(file));
  return {
    ...result.data,
    ...{ file: resolve(file), arms, written: data },
    folder: result.data.folder === undefined ? undefined : resolve(folder, result.data.folder),
    base: baseOf(result.data.base, file, folder),
  };
}

/** Name of a sweep by its file: digits for configs/suite/digits.yaml. */
export const sweepName = (file: string): string => basename(file, extname(file));

/** Without arms the base is the only one, under the name of its method. */
function armsOf({ arms }: SweepConfig): Record<string, SweepArmConfig> {
  const named = Object.entries(arms).map(([name, arm]) => [name, arm ?? { set: {} }] as const);
  return named.length === 0 ? { base: { set: {} } } : Object.fromEntries(named);
}

function baseOf(base: SweepConfig["base"], file: string, folder: string): SweepFile["base"] {
  // JSON is YAML.
  if (typeof base !== "string") return { text: JSON.stringify(base), source: `base of ${file}`, folder };
  const path = resolve(folder, base);
  return { text: readText(path), source: path, folder: dirname(path) };
}

interface Fault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** What single fields cannot tell. */
function crossFaults({ grid, reference, seeds, quick }: SweepConfig, arms: SweepFile["arms"]): Fault[] {
  const names = Object.keys(arms);
  const faults: Fault[] = [];
  const hasGrid = Object.keys(grid).length > 0;
  for (const [name, { same_time_as: other }] of Object.entries(arms)) {
    if (other === undefined) continue;
    const path = ["arms", name, "same_time_as"];
    if (hasGrid)
      faults.push({ path, message: "got an arm of another's time beside a grid; allowed: without grid" });
    const target = arms[other];
    if (target === undefined || other === name || target.same_time_as !== undefined) {
      const free = names.filter((one) => one !== name && arms[one]?.same_time_as === undefined);
      faults.push({ path, message: `got ${JSON.stringify(other)}; allowed: ${free.join(", ") || "no arm"}` });
    }
  }
  if (reference !== undefined && !hasGrid && !names.includes(reference)) {
    faults.push({ path: ["reference"], message: `got "${reference}"; allowed: ${names.join(", ")}` });
  }
  for (const name of hasGrid ? [] : (quick.arms ?? [])) {
    if (names.includes(name)) continue;
    faults.push({ path: ["quick", "arms"], message: `got "${name}"; allowed: ${names.join(", ")}` });
  }
  for (const [path, list] of [
    [["seeds"], seeds] as const,
    [["quick", "seeds"], quick.seeds ?? []] as const,
  ]) {
    if (new Set(list).size < list.length) faults.push({ path, message: "a seed stands there twice" });
  }
  return faults;
}
