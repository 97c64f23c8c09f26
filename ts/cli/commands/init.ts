import { PLANNED_AXES } from "../../config/schema/deployment.js";
import { METHOD_NAMES } from "../../config/schema/method.js";
import { DATA_FORMATS, TASK_TYPES } from "../../config/schema/task.js";
import { starterCommand } from "../../sdk/starter-config.js";
import { starterYaml } from "../../sdk/starter-yaml.js";
import { refuseExisting, writeConfig } from "../../sdk/write-config.js";
import { defineCommand, shared } from "../command.js";
import { canAsk } from "../ui/terminal.js";
import { filled, preview } from "../ui/wizard/draft.js";
import { cannotAsk, makeDraft, missingAnswers, takeDefaults } from "../ui/wizard/flags.js";
import { written, writtenText } from "../ui/wizard/next-steps.js";

const DEFAULT_FILE = "esta.yaml";
/** As shells say of what Ctrl-C ended. */
const LEFT = 130;

export const command = defineCommand({
  details:
    "Looks at the current folder for data (image folders, CSV, JSONL and Parquet tables, saved " +
    "sets), asks a few questions with what it found as defaults, shows beside each answer what it " +
    "would give, and writes a commented configuration. Nothing is written before the end. Every " +
    "answer has a flag: with --yes the rest takes its default, and without a terminal, under CI " +
    "or with --json nothing is asked, the missing flags are named instead.",
  next: [
    ["$0 plan esta.yaml", "what can be had, at which cost"],
    ["$0 adapt esta.yaml", "train, choose, evaluate, report"],
  ],
  options: (yargs) =>
    yargs
      .positional("file", { type: "string", default: DEFAULT_FILE, describe: "The file to write" })
      .option("data", {
        type: "string",
        requiresArg: true,
        describe: "Training data: image folder, CSV, JSONL, Parquet, saved set; or digits",
      })
      .option("task", { choices: TASK_TYPES, describe: "What the data are for; seen from them unless given" })
      .option("format", { choices: DATA_FORMATS, describe: "Format of the data; recognised unless given" })
      .option("image-column", { type: "string", requiresArg: true, describe: "Column of images in a table" })
      .option("text-column", { type: "string", requiresArg: true, describe: "Column of texts in a table" })
      .option("text-pair-column", {
        type: "string",
        requiresArg: true,
        describe: "Column of second texts, where pairs are classified",
      })
      .option("label-column", { type: "string", requiresArg: true, describe: "Column of classes in a table" })
      .option("classes", {
        type: "number",
        requiresArg: true,
        describe: "Classes, where they cannot be counted",
      })
      .option("validation", {
        type: "string",
        requiresArg: true,
        describe: "Path, or share to cut; 0.1 unless given",
      })
      .option("test", {
        type: "string",
        requiresArg: true,
        describe: "Path, or share to cut; 0.2 unless given",
      })
      .option("family", {
        type: "string",
        array: true,
        nargs: 1,
        requiresArg: true,
        describe: "A family of the catalog; or, repeated, model folders and hub ids",
      })
      .option("sequence-length", {
        type: "number",
        requiresArg: true,
        describe: "Longest text in tokens, for texts",
      })
      .option("method", { choices: METHOD_NAMES, describe: "How to train" })
      .option("steps", {
        type: "number",
        requiresArg: true,
        describe: "Optimizer steps; the planner's unless given",
      })
      .option("axis", { choices: PLANNED_AXES, describe: "The cost that budgets limit" })
      .option("intervals", { type: "number", requiresArg: true, describe: "Cost intervals of equal width" })
      .option("budgets", {
        type: "string",
        requiresArg: true,
        describe: "Upper ends of the intervals, e.g. 5M,20M",
      })
      .option("yes", {
        alias: "y",
        type: "boolean",
        default: false,
        describe: "Take the defaults for what no flag says",
      })
      .option("input", { type: "boolean", default: true, describe: "Ask questions; --no-input never does" })
      .options({ force: shared.force })
      .conflicts("intervals", "budgets"),
  examples: [
    ["$0 init", "asks, with defaults found by looking at this folder"],
    ["$0 init photos.yaml --data ./photos --yes", "no questions: the rest by default"],
    ["$0 init --data reviews.csv --family bert --sequence-length 128 --yes", "texts with a label a row"],
    [
      "$0 init --data chats.jsonl --family smollm2 --yes",
      "conversations: messages, or instruction and output",
    ],
    [
      "$0 init --data list.csv --label-column kind --family deit --budgets 2G,8G --yes",
      "every answer has a flag",
    ],
  ],
  async run(args, output) {
    const mayAsk = canAsk() && args.input && !args.yes && !output.json;
    const draft = await makeDraft(args, process.cwd());
    const missing = missingAnswers(draft);
    const asking = mayAsk && missing.length > 0;
    if (!asking) refuseExisting(draft.file, args.force);
    if (!asking && missing.length > 0 && !args.yes) throw cannotAsk(missing);
    if (asking) {
      const { runWizard } = await import("../ui/wizard/wizard.js");
      if (!(await runWizard(draft))) {
        process.exitCode = LEFT;
        return;
      }
    } else {
      await takeDefaults(draft);
    }
    const seen = await preview(draft);
    if ("fault" in seen) throw seen.error;
    const answers = { ...filled(draft), steps: seen.steps };
    const facts = { stitches: seen.plan.totals.stitches, steps: seen.steps };
    await writeConfig(draft.file, starterYaml(answers, draft.file, facts), { force: draft.force });
    const result = written(draft, seen, starterCommand(answers, draft.file));
    output.result(result, writtenText(draft, seen, result));
  },
});
