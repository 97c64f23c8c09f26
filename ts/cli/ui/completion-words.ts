/** What can stand where the cursor is: commands, their options, the values that an option allows. */
import type { Argv } from "yargs";
import { METHOD_NAMES } from "../../config/schema/method.js";
import { listFamilies } from "../../planning/catalog.js";
import { COMMANDS } from "../commands.js";

export interface Candidate {
  word: string;
  describe: string;
}

/** Of the parser that every command shares, besides its own options. */
const COMMON = {
  json: "Print one JSON object on stdout",
  verbose: "Show the stack of a failure",
  help: "Show help",
};

/** Values of options and positionals that yargs cannot know, for they come from data. */
const VALUES: Record<string, () => readonly string[]> = {
  method: () => METHOD_NAMES,
  family: listFamilies,
  shell: () => ["bash", "zsh", "fish"],
};

/**
 * Candidates for the last of `words`, which follow `esta` and of which the last may be empty. An empty list leaves
 * it to the shell, which completes files.
 */
export async function completionWords(words: readonly string[]): Promise<Candidate[]> {
  const current = words.at(-1) ?? "";
  const [name] = words.slice(0, -1).filter((word) => !word.startsWith("-"));
  const candidates = name === undefined ? topLevel() : await inCommand(name, words.slice(0, -1), current);
  return candidates.filter(({ word }) => word.startsWith(current));
}

function topLevel(): Candidate[] {
  const commands = Object.entries(COMMANDS).map(([word, { describe }]) => ({ word, describe }));
  return [
    ...commands,
    { word: "--help", describe: "Show help" },
    { word: "--version", describe: "Show version number" },
  ];
}

async function inCommand(name: string, before: readonly string[], current: string): Promise<Candidate[]> {
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry === undefined) return [];
  const options = await optionsOf(entry);
  const previous = before.at(-1) ?? "";
  if (previous.startsWith("-") && options.takesValue(previous)) return plain(options.values(previous));
  if (current.startsWith("-")) return options.flags.filter(({ word }) => !before.includes(word));
  // A positional of known values, as the name of a family.
  const positional = /[<[](\w+)/.exec(entry.usage)?.[1] ?? "";
  return plain(name === "families" ? listFamilies() : (VALUES[positional]?.() ?? []));
}

const plain = (words: readonly string[]): Candidate[] => words.map((word) => ({ word, describe: "" }));

/** Loads the one command and asks yargs what it declared. */
async function optionsOf(entry: (typeof COMMANDS)[string]) {
  const [{ command }, { default: yargs }] = await Promise.all([entry.load(), import("yargs")]);
  const parser = command.options(yargs([]).help(false).version(false)) as Argv & Declared;
  const { key, boolean, choices, hiddenOptions, alias } = parser.getOptions();
  const positionals = new Set([...entry.usage.matchAll(/[<[](\w+)/g)].map(([, word]) => word));
  // One-letter names are aliases.
  const names = Object.keys(key).filter(
    (name) => !positionals.has(name) && !hiddenOptions.includes(name) && name.length > 1,
  );
  const describes = parser.getInternalMethods().getUsageInstance().getDescriptions();
  const own = names.map((name) => ({ word: `--${negated(name, parser)}`, describe: describes[name] ?? "" }));
  const common = Object.entries(COMMON).map(([name, describe]) => ({ word: `--${name}`, describe }));
  const full = (flag: string) => {
    const bare = flag.replace(/^--?/, "");
    return Object.keys(alias).find((name) => alias[name]?.includes(bare)) ?? bare;
  };
  return {
    flags: [...own, ...common],
    takesValue: (flag: string) => names.includes(full(flag)) && !boolean.includes(full(flag)),
    values: (flag: string) => choices[full(flag)] ?? VALUES[full(flag)]?.() ?? [],
  };
}

/** A flag that is on by default is only ever typed to turn it off. */
function negated(name: string, parser: Declared): string {
  const { boolean, default: defaults } = parser.getOptions();
  return boolean.includes(name) && defaults[name] === true ? `no-${name}` : name;
}

/** What yargs declares but does not type. */
interface Declared {
  getOptions(): {
    key: Record<string, unknown>;
    boolean: string[];
    choices: Record<string, string[]>;
    default: Record<string, unknown>;
    hiddenOptions: string[];
    alias: Record<string, string[]>;
  };
  getInternalMethods(): { getUsageInstance(): { getDescriptions(): Record<string, string | undefined> } };
}
