/** The `esta` command: parses, runs one command, prints its failure, sets the exit code. */
import { createRequire } from "node:module";
import yargs, { type Argv } from "yargs";
import { hideBin } from "yargs/helpers";
import { EstaError } from "../errors.js";
import { STDIN } from "./command.js";
import { COMMANDS } from "./commands.js";
import { describeCommand, START } from "./help.js";
import { makeOutput, type Output, printHelp } from "./ui/output.js";

/** Runs the command line `argv` (as `process.argv`); never throws, sets `process.exitCode`. */
export async function main(argv: readonly string[] = process.argv): Promise<void> {
  // yargs drops a lone dash among the positional arguments.
  const words = hideBin([...argv]).map((word) => (word === "-" ? STDIN : word));
  const output = makeOutput({ json: words.includes("--json") || words.includes("--jsonl") });
  try {
    await parse(words, output);
  } catch (error) {
    process.exitCode = error instanceof EstaError ? error.exitCode : 1;
    output.failure(error, { verbose: words.includes("--verbose") });
  }
}

async function parse(words: readonly string[], output: Output): Promise<void> {
  const parser = yargs([...words])
    .scriptName("esta")
    .detectLocale(false)
    .usage(
      "$0 <command>\n\nTurns a family of pre-trained models and one task's data into a palette of networks.",
    )
    .option("json", { type: "boolean", default: false, describe: "Print one JSON object on stdout" })
    .option("verbose", { type: "boolean", default: false, describe: "Show the stack of a failure" })
    .demandCommand(1, "no command was given")
    .strict()
    .recommendCommands()
    .wrap(output.width)
    .epilogue(START)
    .version(version())
    .alias({ help: "h", version: "v" })
    .exitProcess(false)
    .fail((message, error) => {
      // What yargs finds wrong by itself comes as a message, or as an error of its own.
      throw error === undefined || error.name === "YError"
        ? usageError(error?.message ?? message, words)
        : error;
    });
  await addCommands(parser, words, output);
  // With a callback yargs hands over its text instead of printing it.
  await parser.parseAsync([...words], {}, (_error, _args, text) => printHelp(text));
}

/** Registers the called command in full and the others by name, so that start-up loads one command at most. */
async function addCommands(parser: Argv, words: readonly string[], output: Output): Promise<void> {
  for (const [name, { usage, describe, load }] of Object.entries(COMMANDS)) {
    if (!words.includes(name)) {
      parser.command(usage, describe);
      continue;
    }
    const { command } = await load();
    let arrays: readonly string[] = [];
    parser.command(
      usage,
      describe,
      (child) => {
        const declared = command.options(child) as Argv & { getOptions(): { array: string[] } };
        arrays = declared.getOptions().array;
        return describeCommand(declared, usage, command, output.width);
      },
      (args) => {
        refuseRepeated(args, arrays);
        return command.run(args, output);
      },
    );
  }
}

/** Of an option given twice yargs makes a list, which no command expects where it declared none. */
function refuseRepeated(args: Record<string, unknown>, arrays: readonly string[]): void {
  for (const [key, value] of Object.entries(args)) {
    // Every option with a dash stands there in camel case too.
    const name = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (name === "_" || !Array.isArray(value) || arrays.includes(name)) continue;
    throw new EstaError("usage", `--${name} was given ${value.length} times; allowed: once`, {
      hint: "Keep the one that is meant.",
    });
  }
}

function usageError(message: string, words: readonly string[]): EstaError {
  const command = words.find((word) => word in COMMANDS);
  // For a misspelt command yargs says only what was meant.
  const suggestion = /^Did you mean (.*)\?$/.exec(message.trim())?.[1];
  const unknown = words.find((word) => !word.startsWith("-"));
  const text =
    suggestion !== undefined
      ? `there is no command "${unknown}"; did you mean ${suggestion}?`
      : command === undefined && unknown !== undefined
        ? `there is no command "${unknown}"`
        : undefined;
  return new EstaError("usage", text ?? choiceText(message) ?? message.trim().replaceAll("\n", "; "), {
    hint: `\`esta ${command === undefined ? "" : `${command} `}--help\` shows what is allowed.`,
  });
}

/** Of an option with choices yargs tells a list of its own form. */
function choiceText(message: string): string | undefined {
  const found = [...message.matchAll(/Argument: (.+), Given: (.+), Choices: (.+)/g)].map(
    ([, name, got, choices = ""]) => `--${name} got ${got}; allowed: ${choices.replaceAll('"', "")}`,
  );
  return found.length === 0 ? undefined : found.join("; ");
}

function version(): string {
  return (createRequire(import.meta.url)("../../package.json") as { version: string }).version;
}
