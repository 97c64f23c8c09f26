import { COST_AXES } from "../../config/schema/deployment.js";
import { openRun } from "../../sdk/open-run.js";
import { defineCommand } from "../command.js";
import { showRun } from "../ui/show-run.js";

export const command = defineCommand({
  options: (yargs) =>
    yargs
      .positional("run", { type: "string", demandOption: true, describe: "Folder of the run" })
      .option("split", { choices: ["train", "validation", "test"] as const, default: "test" as const })
      .option("cost", { choices: COST_AXES, describe: "The cost axis; the run's own unless given" }),
  examples: [["$0 pareto runs/digits --cost params", "the frontier over parameters"]],
  async run(args, output) {
    await showRun(await openRun(args.run), output, { split: args.split, cost: args.cost });
  },
});
