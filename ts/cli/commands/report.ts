import { openRun } from "../../sdk/open-run.js";
import { writeCharts, writeReport } from "../../sdk/write-report.js";
import { defineCommand } from "../command.js";

export const command = defineCommand({
  details:
    "Writes the report of a run, beside others that are named and were measured on the same " +
    "examples; they stay beside it when `esta evaluate` writes it anew. It has: frontier, palette, training, costs, configuration, environment, how to repeat it. One " +
    "self-contained HTML file, or Markdown or JSON by the ending of --out.",
  next: [["$0 select RUN --max-macs 10M", "the best network for a budget"]],
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
      })
      .option("charts", {
        type: "string",
        requiresArg: true,
        describe: "Write each chart as SVG and PNG into this folder too",
      }),
  examples: [
    ["$0 report runs/digits runs/digits-lora", "the palette beside LoRA on each anchor"],
    ["$0 report runs/digits --out digits.md", "as Markdown; .json and .html likewise"],
    ["$0 report runs/digits --charts figures", "and each chart as SVG and PNG"],
  ],
  async run(args, output) {
    const [first = "", ...others] = args.run;
    const baselines = await Promise.all(others.map((folder) => openRun(folder)));
    const run = await openRun(first);
    const file = await writeReport(run, { baselines, out: args.out });
    if (args.charts === undefined) return output.result({ report: file }, file);
    const charts = await writeCharts(run, args.charts, { baselines });
    output.result({ report: file, charts }, [file, ...charts].join("\n"));
  },
});
