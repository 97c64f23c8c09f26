import { EstaError } from "../../errors.js";
import { evaluate } from "../../sdk/evaluate.js";
import { openRun } from "../../sdk/open-run.js";
import { writeReport } from "../../sdk/report.js";
import { defineCommand, shared } from "../command.js";
import { followJob } from "../ui/follow-job.js";
import { showEvaluations } from "../ui/show-run.js";

export const command = defineCommand({
  options: (yargs) =>
    yargs
      .positional("run", { type: "string", demandOption: true, describe: "Folder of the run" })
      .option("stitches", {
        type: "string",
        default: "palette",
        requiresArg: true,
        describe: "palette, all, or ids with commas",
      })
      .option("split", { choices: ["train", "validation", "test"] as const, default: "test" as const })
      .options({ python: shared.python }),
  examples: [
    ["$0 evaluate runs/digits --stitches all", "measure every stitch; goes on where it was interrupted"],
    ["$0 evaluate runs/digits --stitches 0,4,17 --split validation", "measure three"],
  ],
  async run(args, output) {
    const run = await openRun(args.run);
    const job = evaluate(run, {
      stitches: readStitches(args.stitches),
      split: args.split,
      python: args.python,
    });
    const measured = await followJob(job, output, {
      resumeCommand: `esta evaluate ${args.run} (the same again)`,
      plan: run.plan,
    });
    if (measured === undefined) return;
    await writeReport(measured);
    showEvaluations(measured, readStitches(args.stitches), args.split, output);
  },
});

function readStitches(text: string): "palette" | "all" | number[] {
  if (text === "palette" || text === "all") return text;
  if (/^\d+(,\d+)*$/.test(text)) return text.split(",").map(Number);
  throw new EstaError("usage", `--stitches got "${text}"; allowed: palette, all, or ids with commas`, {
    hint: "For example --stitches 0,4,17.",
  });
}
