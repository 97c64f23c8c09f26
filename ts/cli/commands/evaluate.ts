import type { ArgumentsCamelCase } from "yargs";
import { SPLITS } from "../../engine/run-files.js";
import { EstaError } from "../../errors.js";
import { evaluate } from "../../sdk/evaluate.js";
import { measureLatency } from "../../sdk/measure-latency.js";
import { openRun, type Run } from "../../sdk/open-run.js";
import type { StitchChoice } from "../../sdk/stitch-choice.js";
import { defineCommand, shared } from "../command.js";
import { followJob } from "../ui/follow-job.js";
import type { Output } from "../ui/output.js";
import { refreshShownReport } from "../ui/refresh-report.js";
import { showEvaluations, showLatencies } from "../ui/show-run.js";

export const command = defineCommand({
  details:
    "Measures stitches of a finished run on one split: the palette, some, or all. What was " +
    "measured before is kept, and an interrupted evaluation goes on where it was. The report is " +
    "written anew, beside the runs that it was last written beside.",
  next: [
    ["$0 pareto RUN", "the frontier with what was measured"],
    ["$0 report RUN", "the report"],
  ],
  options: (yargs) =>
    yargs
      .positional("run", { type: "string", demandOption: true, describe: "Folder of the run" })
      .option("stitches", {
        type: "string",
        default: "palette",
        requiresArg: true,
        describe: "palette, all, or ids with commas",
      })
      .option("split", {
        choices: SPLITS,
        describe: "Part of the data to measure on; test unless given",
      })
      .option("latency", {
        type: "boolean",
        default: false,
        describe: "Measure how long a forward pass takes instead of how good it is, on the run's device",
      })
      .option("batch-size", {
        type: "string",
        requiresArg: true,
        describe: "With --latency: images or texts a pass, several with commas; 1 unless given",
      })
      .option("repeats", {
        type: "number",
        requiresArg: true,
        describe: "With --latency: passes that count; 20 unless given",
      })
      .options({ python: shared.python }),
  examples: [
    ["$0 evaluate runs/digits --stitches all", "measure every stitch; goes on where it was interrupted"],
    ["$0 evaluate runs/digits --stitches 0,4,17 --split validation", "measure three"],
    [
      "$0 evaluate runs/digits --latency --batch-size 1,32",
      "how long the palette takes, for select and pareto",
    ],
  ],
  async run(args, output) {
    const stitches = readList(args.stitches);
    const run = await openRun(args.run);
    if (args.latency) {
      if (args.split !== undefined) {
        throw new EstaError("usage", "--split was given with --latency, which reads no part of the data", {
          hint: "Leave one of the two out.",
        });
      }
      return runLatency(run, stitches, args, output);
    }
    for (const flag of ["batchSize", "repeats"] as const) {
      if (args[flag] === undefined) continue;
      const name = flag === "batchSize" ? "--batch-size" : "--repeats";
      throw new EstaError("usage", `${name} was given without --latency`, { hint: "Add --latency." });
    }
    const { split = "test", python } = args;
    const measured = await followJob(evaluate(run, { stitches, split, python }), output, {
      resumeCommand: `esta evaluate ${args.run} (the same again)`,
      plan: run.plan,
    });
    if (measured === undefined) return;
    await refreshShownReport(measured, output);
    showEvaluations(measured, stitches, split, output);
  },
});

type LatencyArguments = ArgumentsCamelCase<{ batchSize?: string; repeats?: number; python?: string }>;

async function runLatency(
  run: Run,
  stitches: StitchChoice,
  { batchSize = "1", repeats, python }: Pick<LatencyArguments, "batchSize" | "repeats" | "python">,
  output: Output,
): Promise<void> {
  const batchSizes = readNumbers(batchSize);
  if (batchSizes === undefined) {
    throw new EstaError("usage", `--batch-size got "${batchSize}"; allowed: whole numbers with commas`, {
      hint: "For example --batch-size 1,32.",
    });
  }
  const job = measureLatency(run, { stitches, batchSizes, repeats, python });
  const measured = await followJob(job, output, { plan: run.plan });
  if (measured === undefined) return;
  await refreshShownReport(measured, output);
  showLatencies(measured, stitches, batchSizes, output);
}

function readList(text: string): StitchChoice {
  if (text === "palette" || text === "all") return text;
  const ids = readNumbers(text);
  if (ids !== undefined) return ids;
  throw new EstaError("usage", `--stitches got "${text}"; allowed: palette, all, or ids with commas`, {
    hint: "For example --stitches 0,4,17.",
  });
}

const readNumbers = (text: string): number[] | undefined =>
  /^\d+(,\d+)*$/.test(text) ? text.split(",").map(Number) : undefined;
