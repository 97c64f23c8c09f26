/** How `--help` reads: what the command does, its arguments and options, examples, and what one does next. */
import wrapAnsi from "wrap-ansi";
import type { Argv } from "yargs";
import type { Command } from "./command.js";

/** Below the list of commands: where to begin, and what an exit code says. */
export const START = `Start here:
  esta setup      make the Python environment, once
  esta init       write a configuration for the data in this folder
  esta plan FILE  see what it gives, before anything is trained

Exit codes: 0 done, 1 unexpected, 2 usage or configuration, 3 environment,
4 the engine failed, 5 no stitch meets the budget, 130 and 143 stopped by a signal.`;

/** Adds to the parser of one command what its `--help` says around the options. */
export function describeCommand<Options>(
  parser: Argv<Options>,
  usage: string,
  // biome-ignore lint/suspicious/noExplicitAny: only texts are read
  command: Command<any>,
  width: number,
): Argv<Options> {
  const next = [...command.next, ["$0 --help", "all commands, exit codes"] as const];
  return parser
    .usage(`$0 ${usage}\n\n${wrapAnsi(command.details, width)}`)
    .example(command.examples.map(([line, what]) => [line, what]))
    .epilogue(`Next:\n${alignPairs(next, width)}`);
}

/** Command lines with what they do beside them, or below where the terminal is too narrow. */
function alignPairs(pairs: readonly (readonly [string, string])[], width: number): string {
  const lines = pairs.map(([line, what]) => [line.replace("$0", "esta"), what] as const);
  const left = Math.max(...lines.map(([line]) => line.length));
  const fits = lines.every(([, what]) => 2 + left + 2 + what.length <= width);
  return lines
    .map(([line, what]) =>
      fits
        ? `  ${line.padEnd(left)}  ${what}`
        : `  ${line}\n${wrapAnsi(what, width - 6).replaceAll(/^/gm, "      ")}`,
    )
    .join("\n");
}
