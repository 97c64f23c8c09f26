/** What can stand where the cursor is: commands, their options, the values that an option allows. */
import { METHOD_NAMES } from "../../config/schema/method.js";
import { listFamilies } from "../../planning/catalog.js";
import { COMMANDS } from "../commands.js";
import { readDeclared } from "../declared.js";

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
  const { command } = await entry.load();
  const { options } = await readDeclared(command, entry.usage);
  const own = options.map(({ name, describe }) => ({ word: `--${name}`, describe }));
  const common = Object.entries(COMMON).map(([name, describe]) => ({ word: `--${name}`, describe }));
  const find = (flag: string) => {
    const bare = flag.replace(/^--?/, "");
    return options.find(({ key, aliases }) => key === bare || aliases.includes(bare));
  };
  return {
    flags: [...own, ...common],
    takesValue: (flag: string) => (find(flag)?.type ?? "boolean") !== "boolean",
    values: (flag: string) => {
      const option = find(flag);
      return option?.choices.length ? option.choices : (VALUES[option?.key ?? ""]?.() ?? []);
    },
  };
}
