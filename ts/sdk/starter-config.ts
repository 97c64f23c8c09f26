/**
 * A first configuration from a few answers: as data for the planner, and as the one command that gives the same
 * (starter-yaml.ts writes it for people). `esta init` asks for the answers.
 */
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { parseConfig } from "../config/read.js";
import type { PlannedAxis } from "../config/schema/deployment.js";
import type { ConfigInput } from "../config/schema/index.js";
import type { METHOD_NAMES } from "../config/schema/method.js";
import {
  BUILT_IN_DATA,
  type BuiltInData,
  type CONVERSATION_FORMATS,
  type DataFormat,
  type TaskType,
  type TEXT_FORMATS,
} from "../config/schema/task.js";
import { makePlan } from "../planning/plan.js";
import type { Plan } from "../planning/plan-schema.js";
import { shellWord, shownPath } from "./command-words.js";
import type { DataColumns, FoundData } from "./inspect-data.js";

/** Files of one's own; paths are absolute or against the current folder. */
export interface StarterData {
  /** The type of task that they serve; images unless given. */
  task?: TaskType | undefined;
  train: string;
  /** Path, or share cut from the training part. */
  validation?: string | number | undefined;
  test?: string | number | undefined;
  /** Only where the path does not tell. */
  format?: DataFormat | undefined;
  columns?: DataColumns | undefined;
  /** Only where the planner cannot count them. */
  classes?: number | undefined;
}

export interface StarterAnswers {
  data: BuiltInData | StarterData;
  /** A catalog name, or model folders and hub ids. */
  family: string | readonly string[];
  /** Longest text in tokens; the family's own unless given. Only for texts. */
  sequence_length?: number | undefined;
  method: (typeof METHOD_NAMES)[number];
  /** The planner's own number unless given. */
  steps?: number | undefined;
  axis: PlannedAxis;
  /** How many cost intervals, or their upper ends. */
  intervals: number | readonly number[];
}

/** What a configuration has to say of data that were found: what the path does not tell by itself. */
export function starterData(data: FoundData): StarterData {
  const { task, format, train, validation, test, columns, class_count } = data;
  const told = train.endsWith(`.${format}`) || format === "image-folder" || format === "saved";
  const counted = format !== "parquet" && format !== "saved";
  return {
    ...{ task, train, validation, test, columns },
    format: told ? undefined : format,
    classes: counted ? undefined : (class_count ?? undefined),
  };
}

export type TaskInput = NonNullable<ConfigInput["task"]>;
export type StarterInput = ConfigInput & { task: TaskInput; training: { batch_size: number } };

/** Our choice: a conversation has as many outputs as tokens, and a head as wide as the vocabulary. */
const BATCH_SIZES: Readonly<Record<TaskType, number>> = {
  "image-classification": 32,
  "text-classification": 32,
  "instruction-tuning": 8,
};

/** The type of task that the chosen data serve. */
export const taskOf = (data: StarterAnswers["data"]): TaskType =>
  typeof data === "string" ? BUILT_IN_DATA[data].type : (data.task ?? "image-classification");

/** The configuration as a user may write it, its paths relative to the folder of `file`. */
export function starterConfig(answers: StarterAnswers, file: string): StarterInput {
  const { family, method, steps, axis, intervals } = answers;
  return {
    version: 1,
    family: typeof family === "string" ? family : family.map((model) => modelPath(model, file)),
    task: taskInput(answers, file),
    method: { name: method },
    training: { ...(steps === undefined ? {} : { steps }), batch_size: BATCH_SIZES[taskOf(answers.data)] },
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
  const { task } = config;
  if (classes && task.type !== "instruction-tuning" && typeof task.data === "object") task.classes = classes;
  const baseFolder = dirname(resolve(file));
  return makePlan(parseConfig(JSON.stringify(config), { source: "the answers", baseFolder }));
}

function taskInput({ data, sequence_length }: StarterAnswers, file: string): TaskInput {
  if (typeof data === "string") return { type: "image-classification", data };
  const part = (value: string | number | undefined, share: number) =>
    value === undefined ? share : typeof value === "number" ? value : localPath(value, file);
  const files = {
    train: localPath(data.train, file),
    validation: part(data.validation, VALIDATION_SHARE),
    test: part(data.test, TEST_SHARE),
  };
  const { format } = data;
  const classes = data.classes === undefined ? {} : { classes: data.classes };
  const length = sequence_length === undefined ? {} : { sequence_length };
  // The schema checks the format; here it is that of the type of task, for it was found with it.
  const formatted = <Format extends DataFormat>() =>
    format === undefined ? {} : { format: format as Format };
  const { image = "image", text = "text", text_pair, label = "label" } = data.columns ?? {};
  switch (taskOf(data)) {
    case "image-classification": {
      const usual = image === "image" && label === "label";
      const columns = usual ? {} : { columns: { image, label } };
      return {
        type: "image-classification",
        data: { ...formatted<DataFormat>(), ...files, ...columns },
        ...classes,
      };
    }
    case "text-classification": {
      const usual = text === "text" && label === "label" && text_pair === undefined;
      const pair = text_pair === undefined ? {} : { text_pair };
      const columns = usual ? {} : { columns: { text, ...pair, label } };
      return {
        type: "text-classification",
        data: { ...formatted<(typeof TEXT_FORMATS)[number]>(), ...files, ...columns },
        ...classes,
        ...length,
      };
    }
    case "instruction-tuning":
      return {
        type: "instruction-tuning",
        data: { ...formatted<(typeof CONVERSATION_FORMATS)[number]>(), ...files },
        ...length,
      };
  }
}

export const VALIDATION_SHARE = 0.1;
export const TEST_SHARE = 0.2;

/** `path` as a configuration in `file` names it: relative to its folder, with forward slashes. */
export function localPath(path: string, file: string): string {
  const local = relative(dirname(resolve(file)), resolve(path)) || ".";
  if (isAbsolute(local)) return local;
  const text = local.split(sep).join("/");
  return text.startsWith(".") ? text : `./${text}`;
}

/** A model folder made local; a hub id stays as it is. */
const modelPath = (model: string, file: string): string =>
  isAbsolute(model) || /^\.{1,2}[/\\]/.test(model) ? localPath(model, file) : model;

/** A folder under its name alone would be taken for a hub id. */
const localModel = (path: string): string => (isAbsolute(path) || path.startsWith("..") ? path : `./${path}`);

/** The words after `esta` that give the same file without a question. */
export function starterCommand(answers: StarterAnswers, file: string): string {
  const { data, family, sequence_length, method, steps, axis, intervals } = answers;
  const words = ["esta", "init", shownPath(file)];
  const flag = (name: string, value: string | number | undefined) => {
    if (value !== undefined) words.push(`--${name}`, String(value));
  };
  if (typeof data === "string") flag("data", data);
  else {
    const part = (value: string | number | undefined) =>
      typeof value === "string" ? shownPath(value) : value;
    flag("data", shownPath(data.train));
    flag("format", data.format);
    if (taskOf(data) !== "image-classification") flag("task", taskOf(data));
    flag("image-column", data.columns?.image);
    flag("text-column", data.columns?.text);
    flag("text-pair-column", data.columns?.text_pair);
    flag("label-column", data.columns?.label);
    flag("classes", data.classes);
    flag("validation", part(data.validation));
    flag("test", part(data.test));
  }
  for (const model of typeof family === "string" ? [family] : family) {
    flag("family", typeof family !== "string" && isAbsolute(model) ? localModel(shownPath(model)) : model);
  }
  flag("sequence-length", sequence_length);
  flag("method", method);
  flag("steps", steps);
  flag("axis", axis);
  if (typeof intervals === "number") flag("intervals", intervals);
  else flag("budgets", intervals.join(","));
  return words.map(shellWord).join(" ");
}
