import { openRun } from "../../sdk/open-run.js";
import { writeReport } from "../../sdk/report.js";
import { defineCommand } from "../command.js";

export const command = defineCommand({
  options: (yargs) =>
    yargs
      .positional("run", {
        type: "string",
        array: true,
        demandOption: true,
        describe: "Folder of the run, then of runs beside it",
      })
      .option("out", {
        type: "string",
        requiresArg: true,
        describe: "The file; report.html in the run unless given",
      }),
  examples: [
    ["$0 report runs/digits runs/digits-lora", "the palette beside LoRA on each anchor"],
    ["$0 report runs/digits --out digits.md", "as Markdown; .json and .html likewise"],
  ],
  async run(args, output) {
    const [first = "", ...others] = args.run;
    const baselines = await Promise.all(others.map((folder) => openRun(folder)));
    const file = await writeReport(await openRun(first), { baselines, out: args.out });
    output.result({ report: file }, file);
  },
});
