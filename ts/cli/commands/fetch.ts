import { fetchModel } from "../../sdk/fetch.js";
import { defineCommand, shared } from "../command.js";

export const command = defineCommand({
  details:
    "Downloads models into the local Hugging Face cache, from where every later run takes them. " +
    "Nothing else downloads unless it is told to with --allow-download. HF_TOKEN, HF_HOME and " +
    "HF_HUB_OFFLINE are honoured.",
  next: [["$0 adapt FILE", "trains with what is in the cache"]],
  options: (yargs) =>
    yargs
      .positional("model", {
        type: "string",
        array: true,
        demandOption: true,
        describe: "Hub id, owner/name",
      })
      .option("revision", { type: "string", requiresArg: true, describe: "Commit, tag or branch" })
      .options({ python: shared.python }),
  examples: [
    ["$0 fetch facebook/deit-tiny-patch16-224", "into the Hugging Face cache; HF_TOKEN is honoured"],
  ],
  async run(args, output) {
    const fetched = [];
    for (const id of args.model) {
      output.note(`fetching ${id}`);
      fetched.push(
        await fetchModel(id, {
          revision: args.revision,
          python: args.python,
        }),
      );
    }
    output.result(
      fetched,
      fetched.map(({ id, revision, folder }) => `${id}@${revision}  ${folder}`).join("\n"),
    );
  },
});
