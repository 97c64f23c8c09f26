/** What a command declares to yargs, read back: for completion and for the reference of the commands. */
import type { Argv } from "yargs";
import type { Command } from "./command.js";

export interface DeclaredOption {
  /** Without dashes; a flag that is on by default is only ever typed to turn it off: `no-input`. */
  name: string;
  /** Name in the command's arguments, where it differs. */
  key: string;
  aliases: string[];
  type: "boolean" | "number" | "text";
  repeatable: boolean;
  required: boolean;
  choices: string[];
  default: unknown;
  describe: string;
}

export interface Declared {
  positionals: DeclaredOption[];
  options: DeclaredOption[];
}

/** Reads what `command` declares; `usage` is its line of `COMMANDS`, which names the positionals. */
// biome-ignore lint/suspicious/noExplicitAny: commands have different options; none is called here
export async function readDeclared(command: Command<any>, usage: string): Promise<Declared> {
  const { default: yargs } = await import("yargs");
  const parser = command.options(yargs([]).help(false).version(false)) as Argv & Internals;
  const declared = parser.getOptions();
  const describes = parser.getInternalMethods().getUsageInstance().getDescriptions();
  const required = parser.getDemandedOptions();
  const places = [...usage.matchAll(/[<[](\w+)/g)].map(([, word]) => word ?? "");
  const read = (key: string): DeclaredOption => ({
    name: declared.boolean.includes(key) && declared.default[key] === true ? `no-${key}` : key,
    key,
    aliases: declared.alias[key] ?? [],
    type: declared.boolean.includes(key) ? "boolean" : declared.number.includes(key) ? "number" : "text",
    repeatable: declared.array.includes(key),
    required: key in required,
    choices: declared.choices[key] ?? [],
    default: declared.default[key],
    describe: (describes[key] ?? "").replace(/^__yargsString__:/, ""),
  });
  // One-letter names are aliases.
  const names = Object.keys(declared.key).filter(
    (name) => !places.includes(name) && !declared.hiddenOptions.includes(name) && name.length > 1,
  );
  return { positionals: places.map(read), options: names.map(read) };
}

/** What yargs declares but does not type. */
interface Internals {
  getOptions(): {
    key: Record<string, unknown>;
    boolean: string[];
    number: string[];
    array: string[];
    choices: Record<string, string[]>;
    default: Record<string, unknown>;
    hiddenOptions: string[];
    alias: Record<string, string[]>;
  };
  getDemandedOptions(): Record<string, unknown>;
  getInternalMethods(): { getUsageInstance(): { getDescriptions(): Record<string, string | undefined> } };
}
