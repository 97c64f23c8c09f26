/** Asks one question after the other, back and forth; the draft holds the answers, nothing is written here. */
import { axisQuestion, intervalsQuestion } from "./cost-questions.js";
import { classesQuestion, dataQuestion } from "./data-questions.js";
import type { Draft } from "./draft.js";
import { familyQuestion } from "./family-question.js";
import { lengthQuestion } from "./length-question.js";
import { openPrompts } from "./prompts.js";
import type { Question } from "./question.js";
import { reviewQuestion } from "./review-question.js";
import { methodQuestion, stepsQuestion } from "./training-questions.js";

const QUESTIONS: readonly Question[] = [
  dataQuestion,
  classesQuestion,
  familyQuestion,
  lengthQuestion,
  methodQuestion,
  stepsQuestion,
  axisQuestion,
  intervalsQuestion,
  reviewQuestion,
];

/** Fills `draft` by asking; false where the user left. */
export async function runWizard(draft: Draft): Promise<boolean> {
  const prompts = await openPrompts();
  prompts.intro("estakit: one task, a family of models, a network for every budget");
  prompts.info(
    "Enter takes the marked answer, Esc goes back, Ctrl-C leaves. Nothing is written before the end.",
  );
  let at = 0;
  let step = 1;
  while (at < QUESTIONS.length) {
    const question = QUESTIONS[at];
    if (question?.needed(draft)) {
      const move = await question.ask(draft, prompts);
      if (move === "leave") break;
      step = move === "back" ? -1 : 1;
    }
    at += step;
    // Back from the first question is out.
    if (at < 0) break;
  }
  const done = at === QUESTIONS.length;
  if (!done) prompts.cancelled("Left; nothing was written.");
  return done;
}
