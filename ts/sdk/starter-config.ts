/**
 * A first configuration from a few answers: as data for the planner, as YAML with comments for people, and as the
 * one command that gives the same. `esta init` asks for the answers.
 */
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { stringify } from "yaml";
import { parseConfig } from "../config/read.js";
import type { CostAxis } from "../config/schema/deployment.js";
import type { ConfigInput } from "../config/schema/index.js";
import { isAloneName, type METHOD_NAMES } from "../config/schema/method.js";
import type { BuiltInData, DataFormat } from "../config/schema/task.js";
import { packageRoot } from "../planning/package-root.js";
import { makePlan } from "../planning/plan.js";
import type { Plan } from "../planning/plan-schema.js";
import type { FoundData } from "./inspect-data.js";

/** Files of one's own; paths are absolute or against the current folder. */
export interface StarterData {
  train: string;
  /** Path, or share cut from the training part. */
  validation?: string | number | undefined;
  test?: string | number | undefined;
  /** Only where the path does not tell. */
  format?: DataFormat | undefined;
  columns?: { image: string; label: string } | undefined;
  /** Only where the planner cannot count them. */
  classes?: number | undefined;
}

export interface StarterAnswers {
  data: BuiltInData | StarterData;
  /** A catalog name, or model folders and hub ids. */
  family: string | readonly string[];
  method: (typeof METHOD_NAMES)[number];
  /** The planner's own number unless given. */
  steps?: number | undefined;
  axis: CostAxis;
  /** How many cost intervals, or their upper ends. */
  intervals: number | readonly number[];
}

/** What a configuration has to say of data that were found: what the path does not tell by itself. */
export function starterData(data: FoundData): StarterData {
  const { format, train, validation, test, columns, class_count } = data;
  const told = train.endsWith(`.${format}`) || format === "image-folder" || format === "saved";
  const counted = format !== "parquet" && format !== "saved";
  return {
    train,
    validation,
    test,
    columns,
    format: told ? undefined : format,
    classes: counted ? undefined : (class_count ?? undefined),
  };
}

type ImageTaskInput = Extract<ConfigInput["task"], { type: "image-classification" }>;

/** The configuration as a user may write it, its paths relative to the folder of `file`. */
export function starterConfig(answers: StarterAnswers, file: string): ConfigInput & { task: ImageTaskInput } {
  const { family, method, steps, axis, intervals } = answers;
  return {
    version: 1,
    family: typeof family === "string" ? family : family.map((model) => modelPath(model, file)),
    task: { type: "image-classification", ...taskData(answers.data, file) },
    method: { name: method },
    ...(steps === undefined ? {} : { training: { steps } }),
    deployment: { axis, ...(typeof intervals === "number" ? { intervals } : { budgets: [...intervals] }) },
  };
}

/** The plan that these answers give. @throws EstaError as `makePlan` does. */
export async function starterPlan(
  answers: StarterAnswers,
  file: string,
  classes?: number | null,
): Promise<Plan> {
  const config = starterConfig(answers, file);
  // Known classes spare the planner another walk through the data.
  if (classes && typeof config.task.data === "object") config.task.classes = classes;
  const baseFolder = dirname(resolve(file));
  return makePlan(parseConfig(JSON.stringify(config), { source: "the answers", baseFolder }));
}

function taskData(data: StarterAnswers["data"], file: string) {
  if (typeof data === "string") return { data };
  const part = (value: string | number | undefined, share: number) =>
    value === undefined ? share : typeof value === "number" ? value : localPath(value, file);
  const { image = "image", label = "label" } = data.columns ?? {};
  const usual = image === "image" && label === "label";
  return {
    data: {
      ...(data.format === undefined ? {} : { format: data.format }),
      train: localPath(data.train, file),
      validation: part(data.validation, VALIDATION_SHARE),
      test: part(data.test, TEST_SHARE),
      ...(usual ? {} : { columns: { image, label } }),
    },
    ...(data.classes === undefined ? {} : { classes: data.classes }),
  };
}

export const VALIDATION_SHARE = 0.1;
export const TEST_SHARE = 0.2;

/** `path` as a configuration in `file` names it: relative to its folder, with forward slashes. */
function localPath(path: string, file: string): string {
  const local = relative(dirname(resolve(file)), resolve(path)) || ".";
  if (isAbsolute(local)) return local;
  const text = local.split(sep).join("/");
  return text.startsWith(".") ? text : `./${text}`;
}

/** A model folder made local; a hub id stays as it is. */
const modelPath = (model: string, file: string): string =>
  isAbsolute(model) || /^\.{1,2}[/\\]/.test(model) ? localPath(model, file) : model;

/** YAML with comments: what was chosen, what else could be, and the schema line that editors read. */
export function starterYaml(
  answers: StarterAnswers,
  file: string,
  facts: { stitches: number; steps: number },
): string {
  const { task, family, deployment } = starterConfig(answers, file);
  const { data } = task;
  const lines = [
    `# yaml-language-server: $schema=${schemaPath(file)}`,
    "# Written by `esta init`. An editor that reads the line above explains every key and checks what you type;",
    "# `esta schema` prints the same. Anything can be overridden for one run: --set training.steps=50",
    "#",
    `#   esta plan ${shellWord(file)}     every stitch with its costs`,
    `#   esta adapt ${shellWord(file)}    train, choose the palette, evaluate, report`,
    "version: 1",
    "",
    "# The pre-trained models that are stitched: a name from `esta families`, or a list of model folders or hub ids.",
    `family: ${flow(family)}`,
    "",
    "task:",
    "  type: image-classification",
    ...(typeof data === "string"
      ? [`  data: ${data}    # built in: 8 x 8 pixel digits, 10 classes`]
      : dataLines(data)),
    ...(task.classes === undefined
      ? []
      : [`  classes: ${task.classes}    # the engine checks it against the data`]),
    "  metric: accuracy    # or macro-f1, where classes differ much in size",
    "  # sizes: {train: 200}    # use at most so many examples, drawn evenly over the classes",
    "  # augmentation: {flip: 0.5, shift: 2, rotation: 10, scale: 0.1}",
    "",
    "# esta: one run for the whole palette. To compare with: lora (each model alone), snnet (every weight tuned).",
    "method:",
    `  name: ${answers.method}`,
    "",
    "training:",
    `  steps: ${answers.steps ?? facts.steps}    # ${stepsComment(answers, facts)}`,
    "  batch_size: 32",
    "  # precision: bf16    # autocast, on hardware that has it",
    "",
    "# Where the palette wants networks along the cost axis; whole models are always kept.",
    "deployment:",
    `  axis: ${answers.axis}    # or ${answers.axis === "macs" ? "params" : "macs"}`,
    ...(deployment && "budgets" in deployment && deployment.budgets !== undefined
      ? [`  budgets: ${flow(deployment.budgets)}    # upper ends of the cost intervals; or intervals: 5`]
      : [
          `  intervals: ${flow(answers.intervals)}    # of equal width; or budgets: [5e6, 1e7], their upper ends`,
        ]),
    "  per_interval: 1",
  ];
  return `${lines.join("\n")}\n`;
}

function dataLines(data: Exclude<ImageTaskInput["data"], string>): string[] {
  const share = (value: string | number | undefined) =>
    typeof value === "number"
      ? "share cut from the training part, stratified by class; or a path"
      : "or a share to cut";
  return [
    "  data:",
    ...(data.format === undefined ? [] : [`    format: ${data.format}`]),
    `    train: ${flow(data.train)}`,
    `    validation: ${flow(data.validation)}    # ${share(data.validation)}`,
    `    test: ${flow(data.test)}    # only reported, never chosen by`,
    ...(data.columns === undefined ? [] : [`    columns: ${flow(data.columns)}`]),
  ];
}

function stepsComment(
  { method }: StarterAnswers,
  { stitches, steps }: { stitches: number; steps: number },
): string {
  if (isAloneName(method)) return "for each model";
  const usual = `${steps} by default`;
  return `${stitches} stitches share them; ${usual}`;
}

const flow = (value: unknown): string =>
  stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd();

/** Where the schema is, seen from `file`: relative inside one project, so that the project can move. */
function schemaPath(file: string): string {
  const root = resolve(packageRoot());
  const schema = resolve(root, "configs", "esta.schema.json");
  const project = root.split(`${sep}node_modules${sep}`)[0] as string;
  const folder = dirname(resolve(file));
  const inside = folder === project || folder.startsWith(project + sep);
  return inside ? localPath(schema, file) : schema;
}

/** The words after `esta` that give the same file without a question. */
export function starterCommand(answers: StarterAnswers, file: string): string {
  const { data, family, method, steps, axis, intervals } = answers;
  const here = (path: string) => relative(process.cwd(), resolve(path)) || ".";
  const words = ["esta", "init", here(file)];
  const flag = (name: string, value: string | number | undefined) => {
    if (value !== undefined) words.push(`--${name}`, String(value));
  };
  if (typeof data === "string") flag("data", data);
  else {
    const part = (value: string | number | undefined) => (typeof value === "string" ? here(value) : value);
    flag("data", here(data.train));
    flag("format", data.format);
    flag("image-column", data.columns?.image);
    flag("label-column", data.columns?.label);
    flag("classes", data.classes);
    flag("validation", part(data.validation));
    flag("test", part(data.test));
  }
  for (const model of typeof family === "string" ? [family] : family) {
    flag("family", typeof family !== "string" && isAbsolute(model) ? `./${here(model)}` : model);
  }
  flag("method", method);
  flag("steps", steps);
  flag("axis", axis);
  if (typeof intervals === "number") flag("intervals", intervals);
  else flag("budgets", intervals.join(","));
  return words.map(shellWord).join(" ");
}

/** A word as a POSIX shell reads it back. */
export const shellWord = (word: string): string =>
  /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
