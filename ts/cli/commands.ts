/** The commands, in the order of `esta --help`. A command's module is loaded only when it is called. */
import type { Command } from "./command.js";

interface CommandEntry {
  /** Name and positionals, as yargs reads them. */
  usage: string;
  describe: string;
  // biome-ignore lint/suspicious/noExplicitAny: commands have different options; each checks its own
  load(): Promise<{ command: Command<any> }>;
}

export const COMMANDS: Record<string, CommandEntry> = {
  init: {
    usage: "init [file]",
    describe: "Ask a few questions and write a configuration that runs",
    load: () => import("./commands/init.js"),
  },
  setup: {
    usage: "setup",
    describe: "Make the Python environment of the engine",
    load: () => import("./commands/setup.js"),
  },
  doctor: {
    usage: "doctor",
    describe: "Say what is found on this machine, and what to do about what is not",
    load: () => import("./commands/doctor.js"),
  },
  families: {
    usage: "families [name]",
    describe: "List the families of the catalog, or show one",
    load: () => import("./commands/families.js"),
  },
  fetch: {
    usage: "fetch <model..>",
    describe: "Download model weights from the hub",
    load: () => import("./commands/fetch.js"),
  },
  plan: {
    usage: "plan <file>",
    describe: "Show every stitch of a configuration with its costs; needs no Python",
    load: () => import("./commands/plan.js"),
  },
  adapt: {
    usage: "adapt <file>",
    describe: "Train the stitches of a configuration or a plan, and write the palette",
    load: () => import("./commands/adapt.js"),
  },
  resume: {
    usage: "resume <run>",
    describe: "Go on with a run that was stopped or killed",
    load: () => import("./commands/resume.js"),
  },
  status: {
    usage: "status <run>",
    describe: "Say where a run is, whoever started it",
    load: () => import("./commands/status.js"),
  },
  watch: {
    usage: "watch <run>",
    describe: "Follow a run that was started elsewhere, to its end",
    load: () => import("./commands/watch.js"),
  },
  evaluate: {
    usage: "evaluate <run>",
    describe: "Measure the palette, some stitches, or all of them",
    load: () => import("./commands/evaluate.js"),
  },
  pareto: {
    usage: "pareto <run>",
    describe: "Show the frontier of a run",
    load: () => import("./commands/pareto.js"),
  },
  select: {
    usage: "select <run>",
    describe: "Name the best stitch for a budget",
    load: () => import("./commands/select.js"),
  },
  explain: {
    usage: "explain <run>",
    describe: "Draw one stitch block by block, with its costs, standing and neighbours",
    load: () => import("./commands/explain.js"),
  },
  report: {
    usage: "report <run..>",
    describe: "Write the report of a run as one HTML file",
    load: () => import("./commands/report.js"),
  },
  compare: {
    usage: "compare <runs..>",
    describe: "Compare finished runs, or make and compare those of a sweep file",
    load: () => import("./commands/compare.js"),
  },
  predict: {
    usage: "predict <run> [files..]",
    describe: "Classify images or texts with one stitch of the palette",
    load: () => import("./commands/predict.js"),
  },
  chat: {
    usage: "chat <run>",
    describe: "Talk with a palette of language models",
    load: () => import("./commands/chat.js"),
  },
  export: {
    usage: "export <run>",
    describe: "Write one stitch as an ordinary network in Hugging Face layout",
    load: () => import("./commands/export.js"),
  },
  schema: {
    usage: "schema",
    describe: "Print the JSON Schema of the configuration, or of the plan",
    load: () => import("./commands/schema.js"),
  },
  completion: {
    usage: "completion [shell]",
    describe: "Print the script that completes commands and options in bash, zsh or fish",
    load: () => import("./commands/completion.js"),
  },
};
