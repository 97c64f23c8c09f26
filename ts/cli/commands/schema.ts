import { configJsonSchema } from "../../config/json-schema.js";
import { planJsonSchema } from "../../planning/plan-json-schema.js";
import { defineCommand } from "../command.js";

export const command = defineCommand({
  options: (yargs) =>
    yargs.option("plan", { type: "boolean", default: false, describe: "The schema of plan.json" }),
  examples: [["$0 schema > esta.schema.json", "for an editor that checks YAML"]],
  async run(args, output) {
    const schema = args.plan ? planJsonSchema() : configJsonSchema();
    output.result(schema, JSON.stringify(schema, null, 2));
  },
});
