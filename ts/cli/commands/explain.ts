import { explainStitch } from "../../sdk/explain.js";
import { openRun } from "../../sdk/open-run.js";
import { defineCommand } from "../command.js";
import { drawStitch } from "../ui/draw-route.js";
import { hasUnicode } from "../ui/terminal.js";

export const command = defineCommand({
  details:
    "Draws the route of one stitch block by block with what each part costs, its score, its draws " +
    "and its rank among the stitches of its cost interval, and its neighbours in cost.",
  next: [["$0 export RUN --stitch ID --out DIR", "writes it as plain weights"]],
  options: (yargs) =>
    yargs
      .positional("run", { type: "string", demandOption: true, describe: "Folder of the run" })
      .option("stitch", {
        type: "number",
        demandOption: true,
        requiresArg: true,
        describe: "Id in the plan",
      }),
  examples: [
    ["$0 explain runs/digits --stitch 12", "its route block by block, what each part costs, its neighbours"],
  ],
  async run(args, output) {
    const explained = await explainStitch(await openRun(args.run), args.stitch);
    output.result(explained, drawStitch(explained, { columns: output.width, unicode: hasUnicode() }));
  },
});
