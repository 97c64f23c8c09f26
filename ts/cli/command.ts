/** What a command is: its options for yargs, and what it does with them. */
import type { ArgumentsCamelCase, Argv } from "yargs";
import { STITCH_SETS } from "../config/stitch-sets.js";
import type { Output } from "./ui/output.js";

export interface Command<Options> {
  /** What it does, reads, writes and exits with: the description in `--help` and in docs/reference/commands.md. */
  details: string;
  /** What one does next: command line and what it does. */
  next: readonly (readonly [string, string])[];
  options(yargs: Argv): Argv<Options>;
  /** Command line and what it does. */
  examples: readonly (readonly [string, string])[];
  run(args: ArgumentsCamelCase<Options>, output: Output): Promise<void>;
}

/** Gives a command's arguments the types that its options imply. */
export function defineCommand<Options>(command: Command<Options>): Command<Options> {
  return command;
}

/** What `-` in place of a file arrives as: standard input. */
export const STDIN = "<standard input>";

/** Options that more than one command has, so that they read the same everywhere. */
export const shared = {
  set: {
    type: "string",
    array: true,
    requiresArg: true,
    // Without it yargs would read `--set a=1 file.yaml` as two overrides.
    nargs: 1,
    describe: "Override a key: path=value, the value read as YAML; may be repeated",
  },
  method: { type: "string", requiresArg: true, describe: "Replace the method by another with its defaults" },
  python: { type: "string", requiresArg: true, describe: "Python interpreter to use" },
  batchSize: {
    type: "number",
    requiresArg: true,
    describe: "Batch size of the latencies; that of the last measurement unless given",
  },
  evaluate: {
    choices: STITCH_SETS,
    describe:
      "What is measured on the test split, after the scores have chosen: the palette, unless given, or all stitches",
  },
  force: { type: "boolean", default: false, describe: "Replace what is there" },
  allowDownload: {
    type: "boolean",
    default: false,
    describe: "Download the anchors' weights from the hub where they are not at hand",
  },
} as const;
