/** The last question: what was chosen, once more, before anything is written. */
import { existsSync } from "node:fs";
import { extname } from "node:path";
import { shownPath } from "../../../sdk/command-words.js";
import { starterYaml } from "../../../sdk/starter-yaml.js";
import { costRange, dataLine, intervalLine, planLine } from "./describe.js";
import { type Draft, filled, preview } from "./draft.js";
import type { Prompts } from "./prompts.js";
import { inner, type Move, move, type Question } from "./question.js";

export const reviewQuestion: Question = {
  needed: () => true,
  async ask(draft, prompts) {
    prompts.note((await summary(draft)).join("\n"), shownPath(draft.file));
    return askWrite(draft, prompts);
  },
};

async function summary(draft: Draft): Promise<string[]> {
  const { data, family, sequence_length, method, intervals } = filled(draft);
  const seen = await preview(draft);
  const name = typeof family === "string" ? family : family.map((model) => shownPath(model)).join(", ");
  const lines = [
    `data     ${typeof data === "string" ? data : shownPath(data.train)}${draft.data ? ` (${dataLine(draft.data)})` : ""}`,
    `family   ${name}${sequence_length === undefined ? "" : `, texts of up to ${sequence_length} tokens`}`,
    `method   ${method}${"fault" in seen ? "" : `, ${seen.steps} steps`}`,
    `plan     ${planLine(seen)}`,
  ];
  if ("fault" in seen) return lines;
  const budgets = typeof intervals === "number" ? `${intervals} intervals` : intervals.join(", ");
  return [...lines, `budgets  ${budgets}, ${costRange(seen)}`, `         ${intervalLine(seen)}`];
}

async function askWrite(draft: Draft, prompts: Prompts): Promise<Move> {
  const there = existsSync(draft.file) && !draft.force;
  const file = shownPath(draft.file);
  const answer = await prompts.select(there ? `${file} is there already.` : `Write ${file}?`, [
    ...(there ? [] : [{ value: "write", label: `write ${file}` }]),
    { value: "show", label: "show the YAML first" },
    { value: "name", label: "another file name" },
    ...(there ? [{ value: "replace", label: `replace ${file}` }] : []),
    { value: "back", label: "back" },
    { value: "leave", label: "leave, writing nothing" },
  ]);
  return move(answer, async (choice) => {
    if (choice === "back" || choice === "leave") return choice;
    if (choice === "replace") draft.force = true;
    if (choice === "name")
      return inner(
        () => askName(draft, prompts),
        () => askWrite(draft, prompts),
      );
    if (choice === "show") {
      const seen = await preview(draft);
      const facts =
        "fault" in seen
          ? { stitches: 0, steps: 0 }
          : { stitches: seen.plan.totals.stitches, steps: seen.steps };
      prompts.note(starterYaml(filled(draft), draft.file, facts).trimEnd(), file);
      return askWrite(draft, prompts);
    }
    return undefined;
  });
}

async function askName(draft: Draft, prompts: Prompts): Promise<Move> {
  const answer = await prompts.text("File name", {
    initial: shownPath(draft.file),
    check: (text) =>
      [".yaml", ".yml"].includes(extname(text))
        ? undefined
        : `got "${text}"; a name that ends in .yaml or .yml`,
  });
  return move(answer, (text) => {
    draft.file = text;
    draft.force = false;
    return askWrite(draft, prompts);
  });
}
