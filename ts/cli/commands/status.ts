import { runStatus } from "../../sdk/watch-run.js";
import { defineCommand } from "../command.js";
import { showStatus } from "../ui/describe-status.js";

export const command = defineCommand({
  details:
    "Says once where a run is: waiting, running, finished, stopped, failed or killed, how far it " +
    "is, and what was measured. Reads the run folder only, so any shell on the same machine may " +
    "ask.",
  next: [
    ["$0 watch RUN", "follows it"],
    ["$0 resume RUN", "goes on with a run that was stopped or killed"],
  ],
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
