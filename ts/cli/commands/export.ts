import { exportStitch } from "../../sdk/export.js";
import { openRun } from "../../sdk/open-run.js";
import { defineCommand, shared } from "../command.js";
import { followJob } from "../ui/follow-job.js";

export const command = defineCommand({
  details:
    "Merges what was trained into one stitch's weights and writes it as an ordinary network in " +
    "Hugging Face layout, with a model card that says how far its outputs are from the run's.",
  next: [["$0 predict RUN FILE", "tries a stitch without exporting it"]],
  options: (yargs) =>
    yargs
      .positional("run", { type: "string", demandOption: true, describe: "Folder of the run" })
      .option("stitch", {
        type: "number",
        demandOption: true,
        requiresArg: true,
        describe: "Id in the palette",
      })
      .option("out", { type: "string", demandOption: true, requiresArg: true, describe: "Folder to write" })
      .options({ force: shared.force, python: shared.python }),
  examples: [["$0 export runs/digits --stitch 12 --out exported", "plain weights, config.json and a card"]],
  async run(args, output) {
    const run = await openRun(args.run);
    const job = exportStitch(run, {
      stitch: args.stitch,
      out: args.out,
      force: args.force,
      python: args.python,
    });
    const exported = await followJob(job, output);
    if (exported !== undefined)
      output.result(exported, `stitch ${exported.stitch} written to ${exported.folder}`);
  },
});
