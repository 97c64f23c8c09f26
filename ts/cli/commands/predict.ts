import { openRun } from "../../sdk/open-run.js";
import { predict } from "../../sdk/predict.js";
import { defineCommand, shared } from "../command.js";

export const command = defineCommand({
  options: (yargs) =>
    yargs
      .positional("run", { type: "string", demandOption: true, describe: "Folder of the run" })
      .positional("files", { type: "string", array: true, demandOption: true, describe: "Images" })
      .option("stitch", {
        type: "number",
        requiresArg: true,
        describe: "Id; the dearest of the palette unless given",
      })
      .option("top", { type: "number", default: 3, requiresArg: true, describe: "Classes to name" })
      .options({ python: shared.python }),
  examples: [["$0 predict runs/digits seven.png --stitch 12", "the three likeliest classes"]],
  async run(args, output) {
    const run = await openRun(args.run);
    const predictions = await predict(run, args.files, {
      top: args.top,
      stitch: args.stitch,
      python: args.python,
    });
    const lines = predictions.map(({ input, classes }) => {
      const ranked = classes.map(({ label, probability }) => `${label} ${(100 * probability).toFixed(1)} %`);
      return `${input}  ${ranked.join("  ")}`;
    });
    output.result(predictions, lines.join("\n"));
  },
});
