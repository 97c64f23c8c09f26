/** The flags of `esta init` as answers, the answers that are missing, and the defaults that `--yes` takes. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { PlannedAxis } from "../../../config/schema/deployment.js";
import { LARGEST_SIZE } from "../../../config/schema/fields.js";
import { type DataFormat, TASK_TYPES, type TaskType } from "../../../config/schema/task.js";
import { EstaError } from "../../../errors.js";
import { shownPath } from "../../../sdk/command-words.js";
import { familiesForTask } from "../../../sdk/families-for-task.js";
import { findData, inspectData } from "../../../sdk/inspect-data.js";
import { type StarterAnswers, starterData } from "../../../sdk/starter-config.js";
import { readBudgets } from "./cost-questions.js";
import { onlyEngineCounts } from "./data-questions.js";
import { DEFAULTS, type Draft, defaultFamily, draftTask } from "./draft.js";
import { lengthChoices } from "./length-question.js";

export interface InitFlags {
  file: string;
  force: boolean;
  data?: string | undefined;
  format?: DataFormat | undefined;
  task?: TaskType | undefined;
  imageColumn?: string | undefined;
  textColumn?: string | undefined;
  textPairColumn?: string | undefined;
  labelColumn?: string | undefined;
  classes?: number | undefined;
  validation?: string | undefined;
  test?: string | undefined;
  family?: string[] | undefined;
  sequenceLength?: number | undefined;
  method?: StarterAnswers["method"] | undefined;
  steps?: number | undefined;
  axis?: PlannedAxis | undefined;
  intervals?: number | undefined;
  budgets?: string | undefined;
}

/** Looks at `folder` and at what the flags name. @throws EstaError("usage") for a flag that cannot be. */
export async function makeDraft(flags: InitFlags, folder: string): Promise<Draft> {
  const { file, force, method, axis } = flags;
  const steps = wholeNumber("steps", flags.steps, 1);
  const intervals = readIntervals(flags);
  const family =
    flags.family?.length === 1 && !looksLikeModel(flags.family[0]) ? flags.family[0] : flags.family;
  const sequence_length = wholeNumber("sequence-length", flags.sequenceLength, 1);
  const answers = { family, sequence_length, method, steps, axis, intervals };
  const { found, skipped } = flags.data === undefined ? await findData(folder) : { found: [], skipped: [] };
  const draft: Draft = {
    ...{ file, force, folder, found, skipped },
    families: await familiesByTask(folder),
    answers: Object.fromEntries(Object.entries(answers).filter(([, value]) => value !== undefined)),
    given: new Set(),
  };
  await takeData(draft, flags);
  const given = [...Object.keys(draft.answers), ...(flags.classes === undefined ? [] : ["classes"])];
  return { ...draft, given: new Set(given as (keyof StarterAnswers)[]) };
}

async function familiesByTask(folder: string): Promise<Draft["families"]> {
  const entries = TASK_TYPES.map(async (type) => [type, await familiesForTask(type, folder)] as const);
  return Object.fromEntries(await Promise.all(entries)) as unknown as Draft["families"];
}

const looksLikeModel = (text = ""): boolean => /[/\\]/.test(text);

async function takeData(draft: Draft, flags: InitFlags): Promise<void> {
  const classes = wholeNumber("classes", flags.classes, 2);
  if (flags.data === undefined) return;
  if (flags.data === "digits") {
    draft.answers.data = "digits";
    return;
  }
  const columns = {
    image: flags.imageColumn,
    text: flags.textColumn,
    text_pair: flags.textPairColumn,
    label: flags.labelColumn,
  };
  draft.data = await inspectData(flags.data, { task: flags.task, format: flags.format, columns });
  draft.answers.data = { ...starterData(draft.data), ...partsOf(flags) };
  if (classes !== undefined) draft.answers.data.classes = classes;
}

/** Validation and test as the flags say: a number is a share, anything else a path. */
function partsOf(flags: InitFlags): { validation?: string | number; test?: string | number } {
  const read = (name: "validation" | "test") => {
    const text = flags[name];
    if (text === undefined) return {};
    const share = Number(text);
    if (Number.isNaN(share)) {
      if (existsSync(text)) return { [name]: resolve(text) };
      throw new EstaError("usage", `--${name}: no such file or folder: ${text}`);
    }
    if (share > 0 && share < 1) return { [name]: share };
    throw new EstaError("usage", `--${name} got ${text}; allowed: a share between 0 and 1, or a path`);
  };
  return { ...read("validation"), ...read("test") };
}

function readIntervals(flags: InitFlags): number | number[] | undefined {
  if (flags.budgets === undefined) return wholeNumber("intervals", flags.intervals, 1);
  const budgets = readBudgets(flags.budgets, flags.axis ?? DEFAULTS.axis);
  if (typeof budgets !== "string") return budgets;
  throw new EstaError("usage", budgets, { hint: "List them with commas: --budgets 5M,20M" });
}

function wholeNumber(flag: string, value: number | undefined, least: number): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= LARGEST_SIZE))
    return value;
  throw new EstaError("usage", `--${flag} got ${value}; allowed: a whole number from ${least}`);
}

/** Flags for everything that is not answered, as they are typed. */
export function missingAnswers(draft: Draft): string[] {
  const { given, data } = draft;
  const flags: Partial<Record<keyof StarterAnswers, string>> = {
    data: "--data",
    family: "--family",
    ...(draftTask(draft) === "image-classification" ? {} : { sequence_length: "--sequence-length" }),
    method: "--method",
    steps: "--steps",
    axis: "--axis",
    intervals: "--intervals or --budgets",
  };
  const missing = (Object.keys(flags) as (keyof StarterAnswers)[]).filter((key) => !given.has(key));
  const uncounted = data !== undefined && onlyEngineCounts(data) && !given.has("classes");
  return [...missing.map((key) => flags[key] ?? key), ...(uncounted ? ["--classes"] : [])];
}

/** Why nobody can be asked, and what to pass instead. */
export function cannotAsk(missing: readonly string[]): EstaError {
  return new EstaError("usage", `init cannot ask here; missing: ${missing.join(", ")}`, {
    hint: "Give these flags, or --yes to take the defaults. Questions need a terminal, without CI, --json or --no-input.",
    details: { missing },
  });
}

/** Fills in the defaults. @throws EstaError("usage") where there is no single default. */
export async function takeDefaults(draft: Draft): Promise<void> {
  if (draft.answers.data === undefined) {
    const [data, ...others] = draft.found;
    if (data === undefined) {
      const skipped = draft.skipped.map(({ path, why }) => `${shownPath(path)} ${why}`);
      throw new EstaError(
        "usage",
        ["no data found in this folder; missing: --data", ...skipped].join("\n  "),
        {
          hint: "Name it: --data PATH (image folder, CSV, JSONL, Parquet, saved set), or --data digits to try estakit.",
        },
      );
    }
    if (others.length > 0) {
      const names = draft.found.map(({ train }) => shownPath(train)).join(", ");
      throw new EstaError("usage", `several data sets found: ${names}; missing: --data`, {
        hint: "Name one with --data.",
      });
    }
    Object.assign(draft, { data, answers: { ...draft.answers, data: starterData(data) } });
  }
  if (draft.data !== undefined && onlyEngineCounts(draft.data) && !draft.given.has("classes")) {
    throw new EstaError(
      "usage",
      `${shownPath(draft.data.train)} does not tell its classes; missing: --classes`,
      { hint: "Say how many there are; the engine checks it." },
    );
  }
  draft.answers = { ...DEFAULTS, family: defaultFamily(draft), ...draft.answers };
  draft.answers.sequence_length ??= (await lengthChoices(draft))?.usual;
}
