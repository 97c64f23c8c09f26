/** What `esta init` says when it is done: the file, what it will give, the same as one command, what to do next. */
import { shellWord, shownPath } from "../../../sdk/command-words.js";
import type { StarterAnswers } from "../../../sdk/starter-config.js";
import { dataPreview, planLine } from "./describe.js";
import { type Draft, fittingFamilies, type Preview } from "./draft.js";

export interface Written {
  file: string;
  command: string;
  data: unknown;
  plan: {
    stitches: number;
    stitching_layers: number;
    steps: number;
    training_bytes: number;
    seconds: number | null;
  };
  next: string[];
}

export function written(draft: Draft, seen: Extract<Preview, { plan: unknown }>, command: string): Written {
  const { totals, memory } = seen.plan;
  return {
    file: draft.file,
    command,
    data: draft.data ?? draft.answers.data,
    plan: {
      stitches: totals.stitches,
      stitching_layers: totals.stitching_layers,
      steps: seen.steps,
      training_bytes: memory.training_bytes,
      seconds: seen.seconds,
    },
    next: nextSteps(draft),
  };
}

export function writtenText(draft: Draft, seen: Preview, { file, command, next }: Written): string {
  const preview = draft.data === undefined ? [] : dataPreview(draft.data);
  return [
    `${shownPath(file)} written: ${planLine(seen)}`,
    ...preview.map((line) => `  ${line}`),
    "",
    "the same as one command:",
    `  ${command}`,
    "",
    "next:",
    ...next.map((line) => `  ${line}`),
  ].join("\n");
}

function nextSteps(draft: Draft): string[] {
  const { file, answers } = draft;
  const path = shellWord(shownPath(file));
  const chosen = fittingFamilies(draft).find(({ family }) => same(family, answers.family));
  const fetch = chosen && chosen.to_download.length > 0 ? [`esta fetch ${chosen.to_download.join(" ")}`] : [];
  return [`esta plan ${path}`, ...fetch, `esta adapt ${path}`];
}

const same = (a: StarterAnswers["family"], b: StarterAnswers["family"] | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
