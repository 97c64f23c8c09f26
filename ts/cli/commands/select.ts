import { formatField } from "../../analysis/fields.js";
import { EstaError } from "../../errors.js";
import { measuredStitches } from "../../sdk/measured.js";
import { openRun } from "../../sdk/open-run.js";
import { selectFromRun } from "../../sdk/select-from-run.js";
import { defineCommand } from "../command.js";
import { readAmount } from "../ui/read-amount.js";

export const command = defineCommand({
  options: (yargs) =>
    yargs
      .positional("run", { type: "string", demandOption: true, describe: "Folder of the run" })
      .option("max-macs", { type: "string", requiresArg: true, describe: "Most MACs, e.g. 5e6, 5M or 1.2G" })
      .option("max-params", { type: "string", requiresArg: true, describe: "Most parameters, e.g. 300k" }),
  examples: [
    ["$0 select runs/digits --max-macs 10M", "the best stitch of the palette within ten million MACs"],
  ],
  async run(args, output) {
    const run = await openRun(args.run);
    const { selection, split, metric } = selectFromRun(run, {
      max_macs: readAmount("max-macs", args.maxMacs),
      max_params: readAmount("max-params", args.maxParams),
    });
    if (!selection.found) {
      throw new EstaError("budget", selection.explanation, {
        hint: "Raise the budget, or stitch a smaller anchor in.",
        details: { nearest: selection.nearest, violations: selection.violations },
      });
    }
    const { stitch } = selection;
    const tested = measuredStitches(run, "test").find(({ id }) => id === stitch.id);
    const value = (row: typeof stitch | undefined) => formatField(metric, row?.[metric]);
    const text = [
      `stitch ${stitch.id}  ${stitch.name}`,
      `${formatField("macs", stitch.macs)} MACs, ${formatField("params", stitch.params)} parameters`,
      `${metric} ${value(stitch)} on ${split}, by which it was chosen; ${value(tested)} on test`,
      `export it: esta export ${args.run} --stitch ${stitch.id} --out DIR`,
    ];
    output.result({ stitch, split, metric, test: tested?.[metric] ?? null }, text.join("\n"));
  },
});
