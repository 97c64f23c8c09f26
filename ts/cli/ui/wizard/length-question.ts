/** How many tokens of a text are kept: what is longer is cut, and every cost grows with it. */
import { formatAs, formatCount } from "../../../analysis/fields.js";
import { LARGEST_SIZE } from "../../../config/schema/fields.js";
import { roughTime } from "../rough.js";
import { type Draft, draftTask, preview } from "./draft.js";
import type { Prompts } from "./prompts.js";
import { inner, type Move, move, type Question } from "./question.js";

/** Characters a token of English, as a rule of thumb; small vocabularies spell nearly letter by letter. */
const CHARACTERS_A_TOKEN = 3.5;
const LETTERS_VOCABULARY = 1000;
const LENGTHS = [64, 128, 256, 512, 1024, 2048];
const MOST_LENGTHS = 4;
const OWN = -1;

interface LengthChoices {
  lengths: number[];
  /** The one that the longest text fits in, else the longest. */
  usual: number;
  /** What the longest text has, about; null where no text was read. */
  tokens: number | null;
  positions: number;
}

export const lengthQuestion: Question = {
  needed: (draft) => draftTask(draft) !== "image-classification" && !draft.given.has("sequence_length"),
  ask: askLength,
};

/** Lengths worth offering for the chosen data and family; undefined for images, and without a family that fits. */
export async function lengthChoices(draft: Draft): Promise<LengthChoices | undefined> {
  if (draftTask(draft) === "image-classification") return undefined;
  const seen = await preview(draft, { sequence_length: undefined });
  if ("fault" in seen) return undefined;
  const { max_positions, vocabulary_size } = seen.plan.family.input;
  const positions = Number(max_positions);
  const characters = draft.data?.text_lengths?.longest;
  const each = Number(vocabulary_size) < LETTERS_VOCABULARY ? 1 : CHARACTERS_A_TOKEN;
  const tokens = characters === undefined ? null : Math.ceil(characters / each);
  const possible = [
    ...new Set([...LENGTHS.filter((length) => length < positions), Math.min(positions, 2048)]),
  ];
  const enough = possible.findIndex((length) => length >= (tokens ?? 0));
  const at = tokens === null ? possible.length - 1 : enough < 0 ? possible.length - 1 : enough;
  const start = Math.max(0, Math.min(at - 1, possible.length - MOST_LENGTHS));
  const lengths = possible.slice(start, start + MOST_LENGTHS);
  return { lengths, usual: possible[at] as number, tokens, positions };
}

async function askLength(draft: Draft, prompts: Prompts): Promise<Move> {
  const known = await lengthChoices(draft);
  if (known === undefined) return askOwn(draft, prompts, LARGEST_SIZE);
  const choices = await Promise.all(
    known.lengths.map(async (value) => {
      const seen = await preview(draft, { sequence_length: value });
      const costs =
        "fault" in seen
          ? seen.fault
          : `${formatAs("bytes", seen.plan.memory.training_bytes)} to train, ${roughTime(seen.seconds)}`;
      return { value, label: `${value} tokens`, hint: costs };
    }),
  );
  const about = known.tokens === null ? "" : ` The longest text has about ${formatCount(known.tokens)}.`;
  const answered = draft.answers.sequence_length;
  const initial = answered ?? known.usual;
  const answer = await prompts.select(
    `How many tokens of a text are kept?${about}`,
    [...choices, { value: OWN, label: "another number", hint: `at most ${known.positions}` }],
    known.lengths.includes(initial) ? initial : OWN,
  );
  return move(answer, (value) => {
    if (value === OWN)
      return inner(
        () => askOwn(draft, prompts, known.positions),
        () => askLength(draft, prompts),
      );
    draft.answers.sequence_length = value;
    return undefined;
  });
}

async function askOwn(draft: Draft, prompts: Prompts, positions: number): Promise<Move> {
  const read = (text: string) => (/^\d+$/.test(text) ? Number(text) : 0);
  const isLength = (length: number) => length >= 1 && length <= positions;
  const answer = await prompts.text("How many tokens?", {
    initial: draft.answers.sequence_length?.toString(),
    check: (text) =>
      isLength(read(text)) ? undefined : `got "${text}"; a whole number from 1 to ${positions}`,
  });
  return move(answer, (text) => {
    draft.answers.sequence_length = read(text);
    return undefined;
  });
}
