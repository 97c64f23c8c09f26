/** The starter configuration as YAML with comments: what was chosen, what else could be. */
import { dirname, resolve, sep } from "node:path";
import { stringify } from "yaml";
import { PLANNED_AXES } from "../config/schema/deployment.js";
import { ALONE_METHODS, isAloneName } from "../config/schema/method.js";
import type { TaskType } from "../config/schema/task.js";
import { packageRoot } from "../planning/package-root.js";
import { shellWord } from "./command-words.js";
import { localPath, type StarterAnswers, starterConfig, type TaskInput } from "./starter-config.js";

/** YAML with comments: what was chosen, what else could be, and the schema line that editors read. */
export function starterYaml(
  answers: StarterAnswers,
  file: string,
  facts: { stitches: number; steps: number },
): string {
  const { task, family, training, deployment } = starterConfig(answers, file);
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
    `  type: ${task.type}`,
    ...taskLines(task),
    "",
    "# esta: one run for the whole palette. To compare with: snnet, snnetv2 (the same stitches, the models' weights",
    `# tuned too); ${ALONE_METHODS.join(", ")} (each model alone).`,
    "method:",
    `  name: ${answers.method}`,
    "",
    "training:",
    `  steps: ${answers.steps ?? facts.steps}    # ${stepsComment(answers, facts)}`,
    `  batch_size: ${training.batch_size}`,
    "  # precision: bf16    # autocast, on hardware that has it",
    "",
    "# Where the palette wants networks along the cost axis; whole models are always kept.",
    "deployment:",
    `  axis: ${answers.axis}    # or ${PLANNED_AXES.filter((axis) => axis !== answers.axis).join(", ")}`,
    ...(deployment && "budgets" in deployment && deployment.budgets !== undefined
      ? [`  budgets: ${flow(deployment.budgets)}    # upper ends of the cost intervals; or intervals: 5`]
      : [
          `  intervals: ${flow(answers.intervals)}    # of equal width; or budgets: [5e6, 1e7], their upper ends`,
        ]),
    "  per_interval: 1",
  ];
  return `${lines.join("\n")}\n`;
}

function taskLines(task: TaskInput): string[] {
  const { type } = task;
  if (type !== "image-classification") return [...dataLines(task.data, type), ...textLines(task)];
  const data =
    typeof task.data === "string"
      ? [`  data: ${task.data}    # built in: 8 x 8 pixel digits, 10 classes`]
      : dataLines(task.data, type);
  return [...data, ...imageLines(task)];
}

type Files = Exclude<TaskInput["data"], string>;

function dataLines(data: Files, type: TaskType): string[] {
  const evenly = type === "instruction-tuning" ? "" : ", stratified by class";
  const share = (value: string | number | undefined) =>
    typeof value === "number" ? `share cut from the training part${evenly}; or a path` : "or a share to cut";
  return [
    "  data:",
    ...(data.format === undefined ? [] : [`    format: ${data.format}`]),
    `    train: ${flow(data.train)}`,
    `    validation: ${flow(data.validation)}    # ${share(data.validation)}`,
    `    test: ${flow(data.test)}    # only reported, never chosen by`,
    ...("columns" in data && data.columns !== undefined ? [`    columns: ${flow(data.columns)}`] : []),
  ];
}

const SIZES = "  # sizes: {train: 200}    # use at most so many examples";
const CLASS_METRIC = "  metric: accuracy    # or macro-f1, where classes differ much in size";

const classLines = (classes: number | undefined): string[] =>
  classes === undefined ? [] : [`  classes: ${classes}    # the engine checks it against the data`];

function imageLines({ classes }: Extract<TaskInput, { type: "image-classification" }>): string[] {
  return [
    ...classLines(classes),
    CLASS_METRIC,
    `${SIZES}, drawn evenly over the classes`,
    "  # augmentation: {flip: 0.5, shift: 2, rotation: 10, scale: 0.1}",
  ];
}

function textLines(task: Exclude<TaskInput, { type: "image-classification" }>): string[] {
  const length = task.sequence_length;
  const lengthLine =
    length === undefined
      ? "  # sequence_length: 256    # tokens; longer texts are cut, shorter ones cost as much as they are long"
      : `  sequence_length: ${length}    # tokens; longer texts are cut, and costs are counted for it`;
  if (task.type === "text-classification")
    return [...classLines(task.classes), CLASS_METRIC, lengthLine, `${SIZES}, drawn evenly over the classes`];
  return [
    "  metric: perplexity    # of the answers' tokens, lower is better; choice-accuracy where rows have choices",
    lengthLine,
    "  # batching: packed    # several conversations fill one sequence",
    "  # template: plain    # the documented one, in place of the tokenizer's own",
    "  # generated_samples: 3    # answers that each network writes for the report",
    SIZES,
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
