import { runStatus } from "../../sdk/watch-run.js";
import { defineCommand } from "../command.js";
import { showStatus } from "../ui/describe-status.js";

export const command = defineCommand({
  options: (yargs) =>
    yargs.positional("run", { type: "string", demandOption: true, describe: "Folder of the run" }),
  examples: [
    ["$0 status runs/digits", "where it is, also when another shell started it"],
    ["$0 status runs/digits --json", "the same for a script"],
  ],
  async run(args, output) {
    showStatus(await runStatus(args.run), output);
  },
});
