/** Which family: those that fit the task, each with what it would give; or models that are named. */
import { formatAs } from "../../../analysis/fields.js";
import { shownPath } from "../../../sdk/command-words.js";
import type { FittingFamily } from "../../../sdk/families-for-task.js";
import { roughTime } from "../rough.js";
import { cutTo } from "../terminal.js";
import { planLine } from "./describe.js";
import { type Draft, defaultFamily, fittingFamilies, preview } from "./draft.js";
import type { Prompts } from "./prompts.js";
import { inner, type Move, move, type Question } from "./question.js";

const OTHER = -1;

export const familyQuestion: Question = {
  needed: ({ given }) => !given.has("family"),
  ask: askFamily,
};

async function askFamily(draft: Draft, prompts: Prompts): Promise<Move> {
  const families = fittingFamilies(draft);
  const choices = await Promise.all(
    families.map((family, value) => choice(draft, family, value, prompts.columns)),
  );
  const wanted = JSON.stringify(draft.answers.family ?? defaultFamily(draft));
  const initial = families.findIndex(({ family }) => JSON.stringify(family) === wanted);
  const answer = await prompts.select(
    "Which family of pre-trained models?",
    [...choices, { value: OTHER, label: "other models", hint: "folders or hub ids that you name" }],
    initial < 0 && draft.answers.family !== undefined ? OTHER : Math.max(0, initial),
  );
  return move(answer, (value) => {
    if (value === OTHER)
      return inner(
        () => askModels(draft, prompts),
        () => askFamily(draft, prompts),
      );
    const { family, to_download } = families[value] as FittingFamily;
    draft.answers.family = family;
    if (to_download.length > 0) prompts.info(downloadNote(to_download));
    return undefined;
  });
}

async function choice(
  draft: Draft,
  { family, title, image_size, max_positions, to_download }: FittingFamily,
  value: number,
  columns: number,
) {
  const seen = await preview(draft, { family });
  const name = typeof family === "string" ? family : "models found here";
  const numbers =
    "fault" in seen
      ? "does not fit"
      : `${seen.plan.totals.stitches} stitches, ${formatAs("bytes", seen.plan.memory.training_bytes)}, ${roughTime(seen.seconds)}`;
  const weights = to_download.length > 0 ? "weights to download" : "nothing to download";
  const hint =
    "fault" in seen
      ? seen.fault
      : [
          title,
          image_size === null ? "" : `${image_size} px`,
          max_positions === null ? "" : `up to ${max_positions} tokens`,
          weights,
        ]
          .filter(Boolean)
          .join(", ");
  // clack wraps what does not fit, which reads badly: the label comes first, the hint gets what is left.
  const label = cutTo(`${name.padEnd(18)} ${numbers}`, columns);
  const room = columns - label.length - 3;
  return { value, label, hint: room < 16 ? undefined : cutTo(hint, room) };
}

function downloadNote(models: readonly string[]): string {
  return `Not on this machine: ${models.join(", ")}. Before training: esta fetch ${models.join(" ")}`;
}

async function askModels(draft: Draft, prompts: Prompts): Promise<Move> {
  const { family } = draft.answers;
  const answer = await prompts.text("Model folders or hub ids, with commas", {
    placeholder: "./small, ./large",
    initial: Array.isArray(family)
      ? family.map((model) => (model.startsWith("/") ? shownPath(model) : model)).join(", ")
      : undefined,
    async check(text) {
      const models = readModels(text);
      if (models.length < 2) return "two models and more are needed, to stitch between";
      const seen = await preview(draft, { family: models });
      return "fault" in seen ? seen.fault : undefined;
    },
  });
  return move(answer, async (text) => {
    draft.answers.family = readModels(text);
    prompts.info(planLine(await preview(draft)));
    return undefined;
  });
}

function readModels(text: string): string[] {
  return text
    .split(",")
    .map((model) => model.trim())
    .filter((model) => model !== "");
}
