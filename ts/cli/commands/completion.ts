import { basename } from "node:path";
import { EstaError } from "../../errors.js";
import { defineCommand } from "../command.js";
import { completionScript, SEPARATOR, SHELLS, type Shell } from "../ui/completion-scripts.js";

export const command = defineCommand({
  details:
    "Prints the script that completes commands, options and known values in a shell. It asks the " +
    "installed estakit, so it never goes stale.",
  next: [["$0 --help", "the commands"]],
  options: (yargs) =>
    yargs.positional("shell", {
      type: "string",
      choices: SHELLS,
      describe: "The shell; that of SHELL unless given",
    }),
  examples: [
    ["source <(esta completion bash)", "in ~/.bashrc; for zsh likewise, after compinit"],
    ["esta completion fish | source", "in ~/.config/fish/config.fish"],
  ],
  async run(args, output) {
    // The scripts ask here what can stand at the cursor.
    const words = process.env.ESTA_WORDS;
    if (words !== undefined && args.shell === undefined) {
      const { completionWords } = await import("../ui/completion-words.js");
      const found = await completionWords(words.split(SEPARATOR));
      const lines = found.map(({ word, describe }) => (describe === "" ? word : `${word}\t${describe}`));
      if (lines.length > 0) output.result(found, lines.join("\n"));
      return;
    }
    const shell = args.shell ?? shellOf(process.env.SHELL);
    const script = completionScript(shell);
    output.result({ shell, script }, script);
  },
});

function shellOf(path = ""): Shell {
  const shell = SHELLS.find((name) => name === basename(path));
  if (shell !== undefined) return shell;
  throw new EstaError("usage", `SHELL is ${path || "not set"}; allowed: ${SHELLS.join(", ")}`, {
    hint: "Name one: esta completion bash",
  });
}
