import { COST_AXES } from "../../config/schema/deployment.js";
import { SPLITS } from "../../engine/run-files.js";
import { EstaError } from "../../errors.js";
import { openRun } from "../../sdk/open-run.js";
import { defineCommand, shared } from "../command.js";
import { showRun } from "../ui/show-run.js";

export const command = defineCommand({
  details:
    "Shows the measured stitches of a run as a table and a chart over cost, those that no other " +
    "beats on both cost and metric marked.",
  next: [
    ["$0 select RUN --max-macs 10M", "the best network for a budget"],
    ["$0 explain RUN --stitch ID", "one stitch block by block"],
  ],
  options: (yargs) =>
    yargs
      .positional("run", { type: "string", demandOption: true, describe: "Folder of the run" })
      .option("split", {
        choices: SPLITS,
        default: "test" as const,
        describe: "Part of the data that was measured on",
      })
      .option("cost", { choices: COST_AXES, describe: "The cost axis; the run's own unless given" })
      .options({ "batch-size": shared.batchSize }),
  examples: [
    ["$0 pareto runs/digits --cost params", "the frontier over parameters"],
    ["$0 pareto runs/digits --cost latency", "over what `esta evaluate --latency` measured"],
  ],
  async run(args, output) {
    const { split, cost, batchSize } = args;
    const run = await openRun(args.run);
    if (!run.evaluations.some((line) => line.split === split)) {
      const measure = `esta evaluate ${args.run} --split ${split}`;
      throw new EstaError("usage", `nothing was measured on the ${split} split in ${args.run}`, {
        hint: `\`${run.palette === undefined ? `esta resume ${args.run}` : measure}\` does.`,
      });
    }
    await showRun(run, output, { split, cost, batchSize });
  },
});
