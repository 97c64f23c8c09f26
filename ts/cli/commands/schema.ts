import { configJsonSchema, sweepJsonSchema } from "../../config/json-schema.js";
import { EstaError } from "../../errors.js";
import { planJsonSchema } from "../../planning/plan-json-schema.js";
import { defineCommand } from "../command.js";

export const command = defineCommand({
  details:
    "Prints the JSON Schema (draft 2020-12) of the configuration, with which an editor completes " +
    "and checks YAML, or that of plan.json.",
  next: [["$0 plan FILE", "checks a configuration"]],
  options: (yargs) =>
    yargs
      .option("plan", { type: "boolean", default: false, describe: "The schema of plan.json" })
      .option("sweep", {
        type: "boolean",
        default: false,
        describe: "The schema of a sweep file, as `esta compare` takes it",
      }),
  examples: [
    ["$0 schema > esta.schema.json", "for an editor that checks YAML"],
    ["$0 schema --sweep > sweep.schema.json", "the same for sweep files"],
  ],
  async run(args, output) {
    if (args.plan && args.sweep) throw new EstaError("usage", "got --plan and --sweep; allowed: one of them");
    const schema = args.plan ? planJsonSchema() : args.sweep ? sweepJsonSchema() : configJsonSchema();
    output.result(schema, JSON.stringify(schema, null, 2));
  },
});
