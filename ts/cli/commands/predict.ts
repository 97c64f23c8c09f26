import { EstaError } from "../../errors.js";
import { openRun, type Run } from "../../sdk/open-run.js";
import {
  type PredictInputs,
  type Prediction,
  predict,
  type TextInput,
  takesPairs,
} from "../../sdk/predict.js";
import { readInputs } from "../../sdk/read-inputs.js";
import { defineCommand, STDIN, shared } from "../command.js";
import { cutTo } from "../ui/terminal.js";

const WIDEST_TEXT = 60;

export const command = defineCommand({
  details:
    "Classifies examples of your own with one stitch of the palette and prints the likeliest classes of each: " +
    "image files; or texts, given with --text, as lines of a file, as rows of a CSV or JSONL, or on standard input.",
  next: [["$0 export RUN --stitch ID --out DIR", "writes the network as plain weights"]],
  options: (yargs) =>
    yargs
      .positional("run", { type: "string", demandOption: true, describe: "Folder of the run" })
      .positional("files", {
        type: "string",
        array: true,
        default: [] as string[],
        describe: "Images; or texts: one a line, CSV or JSONL, - for standard input",
      })
      .option("text", {
        type: "string",
        array: true,
        nargs: 1,
        requiresArg: true,
        describe: "A text to classify; may be repeated",
      })
      .option("text-pair", {
        type: "string",
        array: true,
        nargs: 1,
        requiresArg: true,
        describe: "The second text of each --text, for a run on pairs",
      })
      .option("stitch", {
        type: "number",
        requiresArg: true,
        describe: "Id; the dearest of the palette unless given",
      })
      .option("top", { type: "number", default: 3, requiresArg: true, describe: "Classes to name" })
      .options({ python: shared.python }),
  examples: [
    ["$0 predict runs/digits seven.png --stitch 12", "the three likeliest classes of an image"],
    ['$0 predict runs/reviews --text "a dull film" --text "a fine one"', "of texts"],
    ["$0 predict runs/reviews new.csv --json", "of every row, by the column that was learned from"],
    ["cat new.txt | $0 predict runs/reviews -", "of every line"],
  ],
  async run(args, output) {
    const run = await openRun(args.run);
    const inputs = await inputsOf(run, args);
    const { top, stitch, python } = args;
    const predictions = await predict(run, inputs, { top, stitch, python });
    const name = (input: string) =>
      "images" in inputs ? input : cutTo(input.replaceAll(/\s+/g, " "), WIDEST_TEXT);
    const lines = predictions.map(({ input, classes }) => `${name(input)}  ${rankedText(classes)}`);
    output.result(predictions, lines.join("\n"));
  },
});

interface Given {
  files: readonly string[];
  text?: readonly string[] | undefined;
  textPair?: readonly string[] | undefined;
}

async function inputsOf(run: Run, { files, text = [], textPair = [] }: Given): Promise<PredictInputs> {
  if (files.length === 0 && text.length === 0) {
    throw new EstaError("usage", "nothing to predict for was given", {
      hint: 'Name images, or give texts: --text "...", files of them, or - for standard input.',
    });
  }
  const typed = typedTexts(text, textPair);
  const read = await readInputs(
    run,
    files.filter((file) => file !== STDIN),
  );
  if ("images" in read) {
    if (typed.length > 0 || files.includes(STDIN)) return { texts: typed };
    return read;
  }
  const piped = files.includes(STDIN) ? await textsOfStdin(run) : [];
  return { texts: [...typed, ...read.texts, ...piped] };
}

function typedTexts(text: readonly string[], pairs: readonly string[]): TextInput[] {
  if (pairs.length === 0) return [...text];
  if (pairs.length === text.length)
    return text.map((first, i) => ({ text: first, text_pair: pairs[i] as string }));
  throw new EstaError(
    "usage",
    `got ${text.length} --text and ${pairs.length} --text-pair; each needs the other`,
  );
}

async function textsOfStdin(run: Run): Promise<string[]> {
  if (takesPairs(run)) {
    throw new EstaError("usage", "standard input holds single texts; this run classifies pairs", {
      hint: "Give a CSV or JSONL with both columns.",
    });
  }
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Buffer));
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
    return text.split(/\r?\n/).filter((line) => line.trim() !== "");
  } catch {
    throw new EstaError("usage", "standard input is not UTF-8", {
      hint: "Convert it, for example with iconv.",
    });
  }
}

const rankedText = (classes: Prediction["classes"]): string =>
  classes.map(({ label, probability }) => `${label} ${(100 * probability).toFixed(1)} %`).join("  ");
