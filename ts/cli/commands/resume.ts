import { resume } from "../../sdk/resume.js";
import { defineCommand, shared } from "../command.js";
import { followJob } from "../ui/follow-job.js";
import { finishRun } from "./adapt.js";

export const command = defineCommand({
  details:
    "Goes on from the last checkpoint of a run, or from its plan where there is none yet. The " +
    "result is bit-identical to that of an uninterrupted run on the same machine.",
  next: [
    ["$0 status RUN", "where the run is"],
    ["$0 pareto RUN", "the frontier, once it has finished"],
  ],
  options: (yargs) =>
    yargs
      .positional("run", { type: "string", demandOption: true, describe: "Folder of the run" })
      .option("jsonl", {
        type: "boolean",
        default: false,
        describe: "Stream the events to stdout, one JSON a line",
      })
      .options({ evaluate: shared.evaluate, python: shared.python, "allow-download": shared.allowDownload }),
  examples: [["$0 resume runs/digits", "the result is bit-identical to an uninterrupted run's"]],
  async run(args, output) {
    const job = resume(args.run, {
      allowDownload: args.allowDownload,
      evaluate: args.evaluate,
      python: args.python,
    });
    const resumeCommand = `esta resume ${job.runDir}`;
    const run = await followJob(job, output, { resumeCommand, jsonl: args.jsonl, plan: job.plan });
    if (run !== undefined) await finishRun(run, output, args.jsonl);
  },
});
