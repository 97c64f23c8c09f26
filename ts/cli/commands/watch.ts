import { constants } from "node:os";
import { EXIT_CODES } from "../../errors.js";
import { statusOf, watchRun } from "../../sdk/watch-run.js";
import { defineCommand } from "../command.js";
import { showStatus } from "../ui/describe-status.js";
import { Progress } from "../ui/progress.js";

export const command = defineCommand({
  details:
    "Shows the progress of a run that another shell or machine job started, until it ends. Exits " +
    "with 0 if it finished, else with 4; Ctrl-C leaves it running.",
  next: [
    ["$0 status RUN", "the same once"],
    ["$0 pareto RUN", "the frontier, once it has finished"],
  ],
  options: (yargs) =>
    yargs
      .positional("run", { type: "string", demandOption: true, describe: "Folder of the run" })
      .option("jsonl", {
        type: "boolean",
        default: false,
        describe: "Stream the events to stdout, one JSON a line",
      }),
  examples: [
    ["$0 watch runs/digits", "follows a run to its end; Ctrl-C leaves it running"],
    ["$0 watch runs/digits --jsonl", "its events, from the first one on"],
  ],
  async run(args, output) {
    const abort = new AbortController();
    const interrupt = (signal: NodeJS.Signals) => {
      process.exitCode = 128 + constants.signals[signal];
      abort.abort();
    };
    process.on("SIGINT", interrupt);
    process.on("SIGTERM", interrupt);
    const watched = watchRun(args.run, { signal: abort.signal });
    const progress = new Progress(output, watched.plan);
    try {
      let first = true;
      for await (const events of watched) {
        if (args.jsonl) for (const event of events) process.stdout.write(`${JSON.stringify(event)}\n`);
        if (first) progress.catchUp(events);
        else for (const event of events) progress.show(event);
        first = false;
      }
    } finally {
      progress.end();
      process.off("SIGINT", interrupt);
      process.off("SIGTERM", interrupt);
    }
    if (abort.signal.aborted) return output.note("left; the run goes on");
    const status = statusOf(watched.folder, watched.plan, progress.tracker);
    if (!args.jsonl) showStatus(status, output);
    if (status.state !== "finished") process.exitCode = EXIT_CODES.engine;
  },
});
