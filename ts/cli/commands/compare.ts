import { existsSync, statSync } from "node:fs";
import { basename } from "node:path";
import type { ArmComparison } from "../../analysis/comparison.js";
import { SPLITS } from "../../engine/run-files.js";
import { EstaError } from "../../errors.js";
import { compareRuns } from "../../sdk/compare-runs.js";
import { compareSweep, sweepCommand } from "../../sdk/compare-sweep.js";
import { openRun } from "../../sdk/open-run.js";
import { readSweep } from "../../sdk/read-sweep.js";
import { runSweep, type SweepResult } from "../../sdk/run-sweep.js";
import { checkComparisonFile, writeComparison } from "../../sdk/write-comparison.js";
import { defineCommand, shared } from "../command.js";
import { followSweep } from "../ui/follow-sweep.js";
import type { Output } from "../ui/output.js";

export const command = defineCommand({
  details:
    "Sets runs of one task side by side: frontiers, hypervolumes with their spread over seeds, " +
    "paired differences, and what training cost. Given a sweep file, it first makes the runs that " +
    "are missing, several at a time, and goes on where it was interrupted. One run a side is " +
    "enough; intervals are then left out.",
  next: [
    ["$0 report RUN", "the report of one run"],
    ["$0 select RUN --max-macs 10M", "the best network for a budget"],
  ],
  options: (yargs) =>
    yargs
      .positional("runs", {
        type: "string",
        array: true,
        demandOption: true,
        describe:
          "Folders of finished runs, or one sweep file (YAML), whose runs are made where they are missing",
      })
      .option("out", {
        type: "string",
        array: true,
        requiresArg: true,
        nargs: 1,
        describe: "Write it to this file: .html, .md or .json; may be repeated",
      })
      .option("reference", {
        type: "string",
        requiresArg: true,
        describe: "Arm that the others are compared with; the first unless given",
      })
      .option("split", {
        choices: SPLITS,
        default: "test" as const,
        describe: "Part of the data that is compared on",
      })
      .option("workers", {
        type: "number",
        requiresArg: true,
        describe: "Runs of a sweep at a time; by the cores unless given",
      })
      .option("quick", {
        type: "boolean",
        default: false,
        describe: "Shorten the sweep, to see that all of it works",
      })
      .option("arm", {
        type: "string",
        array: true,
        requiresArg: true,
        nargs: 1,
        describe: "Only this arm of the sweep; may be repeated",
      })
      .option("run-dir", { type: "string", requiresArg: true, describe: "Folder of the sweep's runs" })
      .options({ set: shared.set, python: shared.python, "allow-download": shared.allowDownload }),
  examples: [
    ["$0 compare runs/digits runs/digits-lora", "two runs: frontiers, hypervolume, cost"],
    ["$0 compare configs/suite/digits.yaml --out digits.html", "make the runs of a sweep, then compare them"],
    ["$0 compare configs/suite/digits.yaml --quick --workers 1", "see that it all works"],
  ],
  async run(args, output) {
    for (const file of args.out ?? []) checkComparisonFile(file);
    const [first = ""] = args.runs;
    if (isFolder(first)) {
      refuseSweepOptions(args);
      const runs = await Promise.all(args.runs.map((folder) => openRun(folder)));
      const comparison = await compareRuns(runs, {
        split: args.split,
        ...(args.reference === undefined ? {} : { reference: args.reference }),
      });
      return show(comparison, args.out ?? [], output);
    }
    if (args.runs.length > 1) {
      throw new EstaError(
        "usage",
        `got ${args.runs.length} files; allowed: one sweep file, or folders of runs`,
      );
    }
    const sweep = readSweep(first, {
      ...{ quick: args.quick, set: args.set ?? [], arms: args.arm ?? [], reference: args.reference },
      ...(args.runDir === undefined ? {} : { folder: args.runDir }),
    });
    const job = runSweep(sweep, {
      allowDownload: args.allowDownload,
      ...(args.workers === undefined ? {} : { workers: args.workers }),
      ...(args.python === undefined ? {} : { python: args.python }),
    });
    const result = await followSweep(job, output, sweepCommand(sweep));
    if (result.cells.some(({ run }) => run !== null)) {
      const comparison = await compareSweep(sweep, result, { split: args.split });
      await show(comparison, args.out ?? [], output);
    }
    failIfAnyFailed(result);
  },
});

async function show(comparison: ArmComparison, files: readonly string[], output: Output): Promise<void> {
  for (const file of files) await writeComparison(comparison, file);
  output.result(comparison.toJSON(), comparison.toString({ width: output.width, color: output.color }));
  if (files.length > 0) output.note(`written: ${files.join(", ")}`);
}

/** A sweep that was stopped has its exit code, whatever failed before: the same command tries that again. */
function failIfAnyFailed({ status, cells }: SweepResult): void {
  if (status === "stopped") return;
  const failed = cells.filter(({ state }) => state === "failed");
  const [first] = failed;
  if (first === undefined) return;
  // With nothing to show, the failure is the result.
  if (first.error !== null && cells.every(({ run }) => run === null)) throw first.error;
  process.exitCode = Math.max(
    ...failed.map(({ error }) => (error instanceof EstaError ? error.exitCode : 1)),
  );
}

function refuseSweepOptions(args: Record<string, unknown>): void {
  const given = ["workers", "arm", "set", "runDir"].filter((name) => args[name] !== undefined);
  if (args.quick === true) given.push("quick");
  if (given.length === 0) return;
  const names = given.map((name) => `--${name === "runDir" ? "run-dir" : name}`).join(", ");
  throw new EstaError("usage", `${names} goes with a sweep file; runs are compared as they are`);
}

/** A run folder, or the plan in one; a missing one is reported as such only where it looks like no file. */
function isFolder(path: string): boolean {
  if (basename(path) === "plan.json") return true;
  if (existsSync(path)) return statSync(path).isDirectory();
  return !/\.(ya?ml|json)$/i.test(path);
}
