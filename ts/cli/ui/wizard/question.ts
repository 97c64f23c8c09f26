/** What a question of `esta init` is: whether it is needed, how it is asked, where to go from it. */
import type { Draft } from "./draft.js";
import { type Answer, BACK, LEAVE, type Prompts } from "./prompts.js";

export type Move = "next" | "back" | "leave";

export interface Question {
  /** Whether there is something to ask; a flag may have answered it. */
  needed(draft: Draft): boolean;
  /** Asks and puts the answer into the draft. */
  ask(draft: Draft, prompts: Prompts): Promise<Move>;
}

/** Hands a real answer to `take`, and says where to go. */
export async function move<Value>(
  answer: Answer<Value>,
  take: (value: Value) => Move | undefined | Promise<Move | undefined>,
): Promise<Move> {
  if (answer === BACK) return "back";
  if (answer === LEAVE) return "leave";
  return (await take(answer as Value)) ?? "next";
}

/** Opens a question inside another: going back from it asks the outer one again. */
export async function inner(question: () => Promise<Move>, again: () => Promise<Move>): Promise<Move> {
  const result = await question();
  return result === "back" ? again() : result;
}
