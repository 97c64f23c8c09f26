/** Which data, and, where nobody but the engine can count them, how many classes. */
import { MOST_CLASSES } from "../../../planning/count-classes.js";
import { shownPath } from "../../../sdk/command-words.js";
import { type FoundData, inspectData } from "../../../sdk/inspect-data.js";
import { starterData } from "../../../sdk/starter-config.js";
import { cutTo } from "../terminal.js";
import { dataLine, dataPreview } from "./describe.js";
import { type Draft, draftTask } from "./draft.js";
import type { Prompts } from "./prompts.js";
import { inner, type Move, move, type Question } from "./question.js";

const DIGITS = -1;
const OTHER = -2;

export const dataQuestion: Question = {
  needed: ({ given }) => !given.has("data"),
  async ask(draft, prompts) {
    for (const { path, why } of draft.skipped) prompts.info(`${shownPath(path)} is not offered: ${why}`);
    return askData(draft, prompts);
  },
};

async function askData(draft: Draft, prompts: Prompts): Promise<Move> {
  const name = draft.found.reduce((most, { train }) => Math.max(most, shownPath(train).length), 0);
  const found = draft.found.map((data, value) => ({
    value,
    label: cutTo(`${shownPath(data.train).padEnd(name)}  ${dataLine(data)}`, prompts.columns),
  }));
  const answer = await prompts.select(
    draft.found.length === 0 ? "No data found here. Which data?" : "Which data?",
    [
      ...found,
      {
        value: OTHER,
        label: "another path",
        hint: "images, texts or conversations: folder, CSV, JSONL, Parquet",
      },
      { value: DIGITS, label: "digits, built in", hint: "to try estakit: 1,797 images, 10 classes" },
    ],
    draft.answers.data === "digits" ? DIGITS : Math.max(0, draft.found.indexOf(draft.data as FoundData)),
  );
  return move(answer, (choice) => {
    if (choice === OTHER)
      return inner(
        () => askPath(draft, prompts),
        () => askData(draft, prompts),
      );
    if (choice === DIGITS) {
      chooseData(draft, undefined);
    } else takeData(draft, draft.found[choice] as FoundData, prompts);
    return undefined;
  });
}

async function askPath(draft: Draft, prompts: Prompts): Promise<Move> {
  let seen: FoundData | undefined;
  const answer = await prompts.text("Path of the training data", {
    placeholder: "./photos",
    async check(path) {
      if (path === "") return "a path is needed";
      try {
        seen = await inspectData(path);
        return undefined;
      } catch (error) {
        return (error as Error).message;
      }
    },
  });
  return move(answer, () => {
    takeData(draft, seen as FoundData, prompts);
    return undefined;
  });
}

function takeData(draft: Draft, data: FoundData, prompts: Prompts): void {
  chooseData(draft, data);
  prompts.note(dataPreview(data).join("\n"), "Data");
}

/** Takes these data, digits where none; what was answered for another type of task is asked again. */
function chooseData(draft: Draft, data: FoundData | undefined): void {
  const before = draftTask(draft);
  draft.data = data;
  draft.answers.data = data === undefined ? "digits" : starterData(data);
  if (draftTask(draft) === before) return;
  if (!draft.given.has("family")) delete draft.answers.family;
  if (!draft.given.has("sequence_length")) delete draft.answers.sequence_length;
}

/** Parquet files of other writers and old saved sets do not say how many classes they have. */
export const classesQuestion: Question = {
  needed: ({ given, data }) => !given.has("classes") && data !== undefined && onlyEngineCounts(data),
  async ask(draft, prompts) {
    const answer = await prompts.text("How many classes has it?", {
      check: (text) =>
        readClasses(text) === undefined ? `a whole number from 2 to ${MOST_CLASSES}` : undefined,
    });
    return move(answer, (text) => {
      const { data } = draft.answers;
      if (typeof data === "object") draft.answers.data = { ...data, classes: readClasses(text) };
      return undefined;
    });
  },
};

export const onlyEngineCounts = ({ task, format, class_count }: FoundData): boolean =>
  task !== "instruction-tuning" && class_count === null && (format === "parquet" || format === "saved");

function readClasses(text: string): number | undefined {
  const classes = /^\d+$/.test(text) ? Number(text) : 0;
  return classes >= 2 && classes <= MOST_CLASSES ? classes : undefined;
}
