import { adapt } from "../../sdk/adapt.js";
import type { Run } from "../../sdk/open-run.js";
import { readPlanOrConfig } from "../../sdk/read-plan-or-config.js";
import { defineCommand, shared } from "../command.js";
import { followJob } from "../ui/follow-job.js";
import type { Output } from "../ui/output.js";
import { refreshShownReport } from "../ui/refresh-report.js";
import { showRun } from "../ui/show-run.js";

export const command = defineCommand({
  details:
    "Trains the stitches of a configuration, or of a plan, in one run; lets the scores choose the " +
    "palette; measures it; writes the run folder and its report. Progress goes to stderr, the " +
    "palette's table to stdout. Ctrl-C once writes a checkpoint and stops, twice stops at once. A " +
    "folder that holds a run is not overwritten without --force.",
  next: [
    ["$0 watch RUN", "the same progress from another shell"],
    ["$0 resume RUN", "goes on after a stop or a crash"],
    ["$0 pareto RUN", "the frontier"],
    ["$0 select RUN --max-macs 10M", "the best network for a budget"],
  ],
  options: (yargs) =>
    yargs
      .positional("file", {
        type: "string",
        demandOption: true,
        describe: "Configuration (YAML) or plan.json",
      })
      .option("run-dir", { type: "string", requiresArg: true, describe: "Folder of the run" })
      .option("steps", { type: "number", requiresArg: true, describe: "Short for --set training.steps=N" })
      .option("jsonl", {
        type: "boolean",
        default: false,
        describe: "Stream the events to stdout, one JSON a line",
      })
      .options({
        set: shared.set,
        method: shared.method,
        evaluate: shared.evaluate,
        force: shared.force,
        python: shared.python,
        "allow-download": shared.allowDownload,
      }),
  examples: [
    ["$0 adapt configs/digits.yaml --run-dir runs/digits", "train, choose, evaluate, report"],
    ["$0 adapt configs/digits.yaml --method lora", "tune each anchor alone, to compare with"],
  ],
  async run(args, output) {
    const steps = args.steps === undefined ? [] : [`training.steps=${args.steps}`];
    const plan = await readPlanOrConfig(args.file, {
      set: [...(args.set ?? []), ...steps],
      method: args.method,
    });
    const job = adapt(plan, {
      force: args.force,
      allowDownload: args.allowDownload,
      evaluate: args.evaluate,
      runDir: args.runDir,
      python: args.python,
    });
    const resumeCommand = `esta resume ${job.runDir}`;
    const run = await followJob(job, output, { resumeCommand, jsonl: args.jsonl, plan: job.plan });
    if (run !== undefined) await finishRun(run, output, args.jsonl);
  },
});

/** What follows every finished training: the report, then the palette as the result. */
export async function finishRun(run: Run, output: Output, streamed: boolean): Promise<void> {
  const file = await refreshShownReport(run, output);
  if (streamed) return;
  await showRun(run, output);
  output.note(`report: ${file}`);
}
