/** Reads a configuration: YAML (JSON is YAML), overrides from flags, every check, relative paths made absolute. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Document, isCollection, isNode, isPair, isScalar, LineCounter, parseDocument } from "yaml";
import { EstaError } from "../errors.js";
import { resolvePaths } from "./paths.js";
import { fillPreset } from "./preset.js";
import { configurationError, type Finding, findProblems, type Problem, pathText } from "./problems.js";
import { type Config, configSchema } from "./schema/index.js";
import { DEFAULT_METHOD } from "./schema/method.js";
import { fillTaskDefaults } from "./task-defaults.js";

export interface ReadConfigOptions {
  /** Overrides in the form `path=value`, the value read as YAML, e.g. `training.steps=50`. */
  set?: readonly string[];
  /** Replaces the method section by this method's defaults. */
  method?: string;
}

/**
 * Reads and checks the configuration in `file`. Relative paths in it are resolved against its folder.
 *
 * @throws EstaError("configuration") that names all mistakes at once, each with file, line and path.
 */
export function readConfig(file: string, options: ReadConfigOptions = {}): Config {
  return parseConfig(readText(file), { ...options, source: file, baseFolder: dirname(resolve(file)) });
}

export interface ParseConfigOptions extends ReadConfigOptions {
  /** Name of the text in messages. */
  source?: string;
  /** Folder that relative paths are resolved against. */
  baseFolder?: string;
}

/** The same for a text in memory. */
export function parseConfig(text: string, options: ParseConfigOptions = {}): Config {
  const source = options.source ?? "configuration";
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${source}:${line}:${col}`;
  };
  const syntax = document.errors.map(
    (error): Problem => ({ path: "", message: firstLine(error.message), place: place(error.pos[0]) }),
  );
  if (syntax.length > 0) throw configurationError(source, syntax);

  const { flags, problems } = applyOverrides(document, options);
  const data = fillPreset(fillTaskDefaults(document.toJS()));
  const result = configSchema.safeParse(data ?? {});
  if (!result.success) {
    const findings = findProblems(configSchema, data, result.error.issues);
    problems.push(...findings.map((finding) => locate(finding, document, flags, place)));
  }
  if (!result.success || problems.length > 0) throw configurationError(source, problems);
  return resolvePaths(result.data, options.baseFolder ?? process.cwd());
}

export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw new EstaError("configuration", `${missing ? "no such file" : "cannot read"}: ${file}`, {
      hint: "Name a YAML file; configs/ holds examples, and `esta schema` prints what one may hold.",
      cause,
    });
  }
}

/** Puts flags into the document; `flags` maps the paths that they set to the flags' own texts. */
function applyOverrides(document: Document, options: ReadConfigOptions) {
  const flags = new Map<string, string>();
  const problems: Problem[] = [];
  if (options.method !== undefined) {
    document.setIn(["method"], document.createNode({ name: options.method }));
    flags.set("method", `--method ${options.method}`);
  }
  for (const text of options.set ?? []) {
    const problem = applySet(document, text);
    if (problem === undefined) flags.set(text.slice(0, text.indexOf("=")), `--set ${text}`);
    else problems.push({ path: "", place: `--set ${text}`, message: problem });
  }
  return { flags, problems };
}

/** Applies one `path=value`; returns what is wrong with it, if anything. */
function applySet(document: Document, text: string): string | undefined {
  const split = text.indexOf("=");
  if (split < 1) return "got no path=value; write for example training.steps=50";
  const value = parseDocument(text.slice(split + 1));
  if (value.errors[0] !== undefined) return firstLine(value.errors[0].message);
  const path = text
    .slice(0, split)
    .split(/[.[\]]+/)
    .filter((key) => key !== "");
  const keys = path.map((key) => (/^\d+$/.test(key) ? Number(key) : key));
  for (let depth = 1; depth < keys.length; depth += 1) {
    const parent = document.getIn(keys.slice(0, depth), true);
    if (parent === undefined || (isScalar(parent) && parent.value === null)) {
      document.setIn(keys.slice(0, depth), document.createNode(emptySection(keys.slice(0, depth))));
    } else if (!isCollection(parent)) {
      return `${pathText(keys.slice(0, depth))} holds a plain value, so nothing can be set inside it`;
    }
  }
  document.setIn(keys, document.createNode(value.toJS()));
  const rival = RIVALS[keys.join(".")];
  if (rival !== undefined) document.deleteIn(rival);
  return undefined;
}

/** What a key stands in place of: to set one takes the other away. */
const RIVALS: Readonly<Record<string, readonly string[]>> = {
  "training.steps": ["training", "epochs"],
  "training.epochs": ["training", "steps"],
};

/** What a section that is not there begins with: a method's fields are those of its name. */
function emptySection(path: readonly (string | number)[]): Record<string, unknown> {
  return pathText(path) === "method" ? { name: DEFAULT_METHOD } : {};
}

/** Where a finding stands: the flag that set it, else its place in the text. */
export function locate(
  finding: Finding,
  document: Document,
  flags: Map<string, string>,
  place: (offset: number) => string,
): Problem {
  const path = pathText(finding.path);
  for (let depth = finding.path.length; depth >= 0; depth -= 1) {
    const flag = flagAt(flags, pathText(finding.path.slice(0, depth)), depth === finding.path.length);
    if (flag !== undefined) return { path, message: finding.message, place: flag };
    const offset = offsetOf(document, finding.path.slice(0, depth), finding.at);
    if (offset !== undefined) return { path, message: finding.message, place: place(offset) };
  }
  return { path, message: finding.message, place: place(0) };
}

/** The flag that set this path, or, for a key that only flags put there, one that set something inside it. */
function flagAt(flags: Map<string, string>, path: string, inside: boolean): string | undefined {
  const within = ([key]: [string, string]) => path !== "" && inside && key.startsWith(`${path}.`);
  return flags.get(path) ?? [...flags].find(within)?.[1];
}

/** Where the key or the value at `path` begins in the text; undefined where the text has no such path. */
function offsetOf(document: Document, path: readonly PropertyKey[], at: "key" | "value"): number | undefined {
  const last = path.at(-1);
  const parent = document.getIn(path.slice(0, -1), true);
  if (at === "key" && isCollection(parent)) {
    const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === last);
    if (isPair(pair) && isNode(pair.key)) return pair.key.range?.[0];
  }
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  return isNode(node) ? node.range?.[0] : undefined;
}

const firstLine = (text: string) => text.split("\n")[0] ?? text;
