/** Which cost matters, and for which budgets a network is wanted. */
import type { PlannedAxis } from "../../../config/schema/deployment.js";
import { readAmount } from "../read-amount.js";
import { costRange, intervalLine } from "./describe.js";
import { DEFAULTS, type Draft, filled, preview } from "./draft.js";
import type { Prompts } from "./prompts.js";
import { inner, type Move, move, type Question } from "./question.js";

export const axisQuestion: Question = {
  needed: ({ given }) => !given.has("axis"),
  async ask(draft, prompts) {
    const choices = [
      { value: "macs" as const, label: "MACs: multiply-adds a prediction", hint: "time and energy" },
      { value: "params" as const, label: "parameters", hint: "size on disk" },
      { value: "memory" as const, label: "memory of running the network", hint: "weights and activations" },
    ];
    const answer = await prompts.select(
      "Which cost do your budgets limit?",
      choices,
      draft.answers.axis ?? DEFAULTS.axis,
    );
    return move(answer, (axis) => {
      draft.answers.axis = axis;
      return undefined;
    });
  },
};

const OWN = -1;
const COUNTS = [3, 5, 8];

export const intervalsQuestion: Question = {
  needed: ({ given }) => !given.has("intervals"),
  ask: askIntervals,
};

async function askIntervals(draft: Draft, prompts: Prompts): Promise<Move> {
  const { intervals = DEFAULTS.intervals } = draft.answers;
  const counts =
    typeof intervals === "number" && !COUNTS.includes(intervals) ? [...COUNTS, intervals] : COUNTS;
  const choices = await Promise.all(
    counts.map(async (value) => ({
      value,
      label: `${value} intervals of equal width`,
      hint: intervalLine(await preview(draft, { intervals: value })),
    })),
  );
  const answer = await prompts.select(
    "For which budgets do you want a network?",
    [...choices, { value: OWN, label: "budgets of my own" }],
    typeof intervals === "number" ? intervals : OWN,
  );
  return move(answer, (value) => {
    if (value === OWN)
      return inner(
        () => askBudgets(draft, prompts),
        () => askIntervals(draft, prompts),
      );
    draft.answers.intervals = value;
    return undefined;
  });
}

async function askBudgets(draft: Draft, prompts: Prompts): Promise<Move> {
  const seen = await preview(draft, { intervals: 1 });
  const { intervals } = draft.answers;
  const range = "fault" in seen ? "" : ` The stitches cost ${costRange(seen)}.`;
  const answer = await prompts.text(`Budgets, ascending, with commas.${range}`, {
    placeholder: filled(draft).axis === "memory" ? "5MB, 20MB" : "5M, 10M",
    initial: typeof intervals === "object" ? intervals.join(", ") : undefined,
    async check(text) {
      const budgets = readBudgets(text, filled(draft).axis);
      if (typeof budgets === "string") return budgets;
      const result = await preview(draft, { intervals: budgets });
      return "fault" in result ? result.fault : undefined;
    },
  });
  return move(answer, async (text) => {
    draft.answers.intervals = readBudgets(text, filled(draft).axis) as number[];
    prompts.info(intervalLine(await preview(draft)));
    return undefined;
  });
}

/** The budgets on `axis` that a text lists, or what is wrong with it. */
export function readBudgets(text: string, axis: PlannedAxis): number[] | string {
  const parts = text.split(",").map((part) => part.trim());
  try {
    return parts.map((part) => readAmount("budgets", part, axis === "memory" ? "bytes" : "count") as number);
  } catch (error) {
    return (error as Error).message;
  }
}
