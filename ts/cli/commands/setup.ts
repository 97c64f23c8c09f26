import { setup } from "../../sdk/setup.js";
import { defineCommand, shared } from "../command.js";

export const command = defineCommand({
  details:
    "Makes the Python environment that trains and evaluates: a virtual environment with the " +
    "pinned packages, .venv in a clone, else a folder of the user's data (ESTAKIT_HOME says " +
    "where). It takes about 2 GB and does nothing where everything is in place; an interrupted " +
    "set-up is taken up again.",
  next: [
    ["$0 doctor", "says what is found on this machine"],
    ["$0 init", "writes a configuration"],
  ],
  options: (yargs) =>
    yargs
      .option("torch", { choices: ["cpu", "cuda"] as const, describe: "Which build of PyTorch is wanted" })
      .option("torch-index", {
        type: "string",
        requiresArg: true,
        describe: "Package index that has that build",
      })
      .options({ python: shared.python }),
  examples: [["$0 setup", "does nothing where everything is in place"]],
  async run(args, output) {
    const result = await setup({
      python: args.python,
      torch: args.torch,
      torchIndex: args.torchIndex,
      onMessage: (text) => output.note(text),
    });
    output.result(result, `ready: ${result.python}`);
  },
});
