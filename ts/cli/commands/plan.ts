import { writePlan } from "../../planning/plan-file.js";
import { probePlan } from "../../sdk/probe.js";
import { readPlanOrConfig } from "../../sdk/read-plan-or-config.js";
import { defineCommand, shared } from "../command.js";
import { describePlan, describeProbe } from "../ui/describe-plan.js";

export const command = defineCommand({
  options: (yargs) =>
    yargs
      .positional("file", { type: "string", demandOption: true, describe: "Configuration (YAML)" })
      .option("out", { type: "string", requiresArg: true, describe: "Write the plan to this file" })
      .option("probe", {
        type: "boolean",
        default: false,
        describe: "Take one training step, and show the measured memory beside the estimate; needs Python",
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
  ],
  async run(args, output) {
    const plan = await readPlanOrConfig(args.file, { set: args.set, method: args.method });
    if (args.out !== undefined) await writePlan(args.out, plan);
    if (args.probe) {
      const probe = await probePlan(plan, { python: args.python, allowDownload: args.allowDownload });
      output.result({ estimate: plan.memory, probe }, `${describePlan(plan)}\n${describeProbe(plan, probe)}`);
    } else if (output.json) await writePlan(process.stdout, plan);
    else output.result(plan, describePlan(plan));
    if (args.out !== undefined) output.note(`plan written to ${args.out}`);
  },
});
