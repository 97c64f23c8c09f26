/** How it is trained, and how long. */

import { formatAs } from "../../../analysis/fields.js";
import { LARGEST_SIZE } from "../../../config/schema/fields.js";
import { isAloneName, METHOD_NAMES } from "../../../config/schema/method.js";
import { DEFAULT_STEPS_PER_ANCHOR, DEFAULT_UPDATES_PER_STITCH } from "../../../planning/plan.js";
import type { StarterAnswers } from "../../../sdk/starter-config.js";
import { roughTime } from "../rough.js";
import { DEFAULTS, type Draft, filled, preview } from "./draft.js";
import type { Prompts } from "./prompts.js";
import { inner, type Move, move, type Question } from "./question.js";

/** All that `--method` takes, ours first, then those that train the same stitches, then models tuned one by one. */
const METHODS: Readonly<Record<StarterAnswers["method"], string>> = {
  esta: "one run for the whole palette; the models stay frozen",
  snnet: "the same stitches with every weight tuned: more memory",
  snnetv2: "the same, but stitching layers train by LoRA alone, and cheap and dear stitches get equal turns",
  lora: "no stitches: each model tuned alone with LoRA, to compare with",
  full: "no stitches: each model tuned alone with every weight, to compare with",
  "linear-probe": "no stitches: a head on each frozen model, the least that there is to compare with",
};

export const methodQuestion: Question = {
  needed: ({ given }) => !given.has("method"),
  async ask(draft, prompts) {
    const choices = await Promise.all(
      METHOD_NAMES.map(async (name) => {
        const seen = await preview(draft, { method: name, steps: undefined });
        const bytes =
          "fault" in seen ? "" : `  ${formatAs("bytes", seen.plan.memory.training_bytes).padStart(8)}`;
        return { value: name, label: `${name.padEnd(12)}${bytes}`, hint: METHODS[name] };
      }),
    );
    const answer = await prompts.select("Which method?", choices, draft.answers.method ?? DEFAULTS.method);
    return move(answer, (method) => {
      // Another method has another usual length.
      if (method !== draft.answers.method && !draft.given.has("steps")) draft.answers.steps = undefined;
      draft.answers.method = method;
      return undefined;
    });
  },
};

const OWN = -1;
/** Relative to the planner's own number of steps. */
const LENGTHS = [
  { share: 0.25, name: "a quick look" },
  { share: 1, name: "the usual" },
  { share: 3, name: "thorough" },
];

export const stepsQuestion: Question = {
  needed: ({ given }) => !given.has("steps"),
  ask: askSteps,
};

async function askSteps(draft: Draft, prompts: Prompts): Promise<Move> {
  const usual = await preview(draft, { steps: undefined });
  const steps = "fault" in usual ? 1000 : usual.steps;
  const seconds = "fault" in usual || usual.seconds === null ? null : usual.seconds;
  const choices = LENGTHS.map(({ share, name }) => {
    const value = Math.max(1, Math.round(share * steps));
    const time = roughTime(seconds === null ? null : share * seconds);
    return { value, label: `${name}: ${value} steps, ${time}`, hint: updates(draft, share) };
  });
  const given = draft.answers.steps;
  const initial = given === undefined ? steps : choices.some(({ value }) => value === given) ? given : OWN;
  const answer = await prompts.select(
    "How long to train? Times are for one CPU thread; a GPU is far faster.",
    [...choices, { value: OWN, label: "another number of steps" }],
    initial,
  );
  return move(answer, (value) => {
    if (value === OWN)
      return inner(
        () => askOwnSteps(draft, prompts),
        () => askSteps(draft, prompts),
      );
    draft.answers.steps = value;
    return undefined;
  });
}

function updates(draft: Draft, share: number): string {
  if (isAloneName(filled(draft).method))
    return `${Math.round(share * DEFAULT_STEPS_PER_ANCHOR)} for each model`;
  return `about ${Math.round(share * DEFAULT_UPDATES_PER_STITCH)} updates a stitch`;
}

async function askOwnSteps(draft: Draft, prompts: Prompts): Promise<Move> {
  const answer = await prompts.text("How many steps?", {
    initial: draft.answers.steps === undefined ? undefined : String(draft.answers.steps),
    check: (text) => (readSteps(text) === undefined ? `got "${text}"; a whole number from 1` : undefined),
  });
  return move(answer, (text) => {
    draft.answers.steps = readSteps(text);
    return undefined;
  });
}

function readSteps(text: string): number | undefined {
  const steps = /^\d+$/.test(text) ? Number(text) : 0;
  return steps >= 1 && steps <= LARGEST_SIZE ? steps : undefined;
}
