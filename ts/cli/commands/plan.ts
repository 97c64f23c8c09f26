import { writePlan } from "../../planning/plan-file.js";
import { dryRunPlan } from "../../sdk/dry-run.js";
import { probePlan } from "../../sdk/probe.js";
import { readPlanOrConfig } from "../../sdk/read-plan-or-config.js";
import { defineCommand, shared } from "../command.js";
import { describeDryRun, describePlan, describeProbe } from "../ui/describe-plan.js";

export const command = defineCommand({
  details:
    "Reads a configuration, reports every mistake at once with file and line, and shows what it " +
    "would give: the anchors, the stitches by cost interval, what was left out and why, and the " +
    "memory that training takes. Needs neither Python nor weights, but for --dry-run and --probe, " +
    "which ask the engine. With --json or --out it gives the plan itself, with nothing left to default.",
  next: [
    ["$0 adapt FILE", "executes it"],
    ["$0 adapt plan.json", "executes exactly the plan that --out wrote"],
  ],
  options: (yargs) =>
    yargs
      .positional("file", { type: "string", demandOption: true, describe: "Configuration (YAML)" })
      .option("out", { type: "string", requiresArg: true, describe: "Write the plan to this file" })
      .option("probe", {
        type: "boolean",
        default: false,
        describe: "Take one training step, and show the measured memory beside the estimate; needs Python",
      })
      .option("dry-run", {
        type: "boolean",
        default: false,
        describe: "Try parameters and shapes without weights or memory, whatever the size; needs Python",
      })
      .options({
        set: shared.set,
        method: shared.method,
        python: shared.python,
        "allow-download": shared.allowDownload,
      }),
  examples: [
    ["$0 plan configs/digits.yaml", "anchors, stitches, intervals, memory"],
    [
      "$0 plan configs/digits.yaml --out plan.json",
      "the plan, which `esta adapt plan.json` executes exactly",
    ],
    ["$0 plan configs/llama-7b-13b.yaml --dry-run", "every shape of LLaMA 7B/13B, in seconds"],
  ],
  async run(args, output) {
    const plan = await readPlanOrConfig(args.file, { set: args.set, method: args.method });
    if (args.out !== undefined) await writePlan(args.out, plan);
    if (args.dryRun || args.probe) {
      const dryRun = args.dryRun ? await dryRunPlan(plan, { python: args.python }) : undefined;
      const probe = args.probe
        ? await probePlan(plan, { python: args.python, allowDownload: args.allowDownload })
        : undefined;
      const lines = [describePlan(plan)];
      if (dryRun !== undefined) lines.push(describeDryRun(dryRun));
      if (probe !== undefined) lines.push(describeProbe(plan, probe));
      output.result({ estimate: plan.memory, dry_run: dryRun, probe }, lines.join("\n"));
    } else if (output.json) await writePlan(process.stdout, plan);
    else output.result(plan, describePlan(plan));
    if (args.out !== undefined) output.note(`plan written to ${args.out}`);
  },
});
