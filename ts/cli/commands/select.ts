import { formatField } from "../../analysis/fields.js";
import { latencySettingText } from "../../analysis/latency.js";
import { EstaError } from "../../errors.js";
import { latenciesOf } from "../../sdk/latencies.js";
import { measuredStitches } from "../../sdk/measured.js";
import { openRun } from "../../sdk/open-run.js";
import { selectFromRun } from "../../sdk/select-from-run.js";
import { defineCommand, shared } from "../command.js";
import { readAmount } from "../ui/read-amount.js";

export const command = defineCommand({
  details:
    "Names the stitch of the palette that is best within the given budgets. It is chosen on the " +
    "validation split where there is one, and its test metric is reported beside. Exits with 5, " +
    "naming the nearest, where none fits.",
  next: [
    ["$0 explain RUN --stitch ID", "what it is made of"],
    ["$0 export RUN --stitch ID --out DIR", "writes it as plain weights"],
  ],
  options: (yargs) =>
    yargs
      .positional("run", { type: "string", demandOption: true, describe: "Folder of the run" })
      .option("max-macs", { type: "string", requiresArg: true, describe: "Most MACs, e.g. 5e6, 5M or 1.2G" })
      .option("max-params", { type: "string", requiresArg: true, describe: "Most parameters, e.g. 300k" })
      .option("max-memory", {
        type: "string",
        requiresArg: true,
        describe: "Most memory of running it (an estimate), e.g. 20MB or 1.5GiB",
      })
      .option("max-latency", {
        type: "string",
        requiresArg: true,
        describe: "Longest median latency, e.g. 5ms; `esta evaluate RUN --latency` measures",
      })
      .options({ "batch-size": shared.batchSize }),
  examples: [
    ["$0 select runs/digits --max-macs 10M", "the best stitch of the palette within ten million MACs"],
    ["$0 select runs/digits --max-latency 5ms --max-memory 20MB", "within both, as measured and estimated"],
  ],
  async run(args, output) {
    const run = await openRun(args.run);
    const budget = {
      max_macs: readAmount("max-macs", args.maxMacs),
      max_params: readAmount("max-params", args.maxParams),
      max_memory_bytes: readAmount("max-memory", args.maxMemory, "bytes"),
      max_latency_ms: readAmount("max-latency", args.maxLatency, "milliseconds"),
    };
    const { batchSize } = args;
    const { selection, split, metric, unmeasured } = selectFromRun(run, budget, { batchSize });
    if (unmeasured.length > 0) {
      output.warn(`passed over, since their latency was not measured: stitches ${unmeasured.join(", ")}`);
    }
    if (!selection.found) {
      const known = budget.max_latency_ms === undefined ? undefined : latenciesOf(run, batchSize);
      const setting = known === undefined ? "" : ` Latencies are of ${latencySettingText(known.setting)}.`;
      throw new EstaError("budget", selection.explanation, {
        hint: `Raise the budget, or adapt a family with a smaller anchor.${setting}`,
        details: { nearest: selection.nearest, violations: selection.violations },
      });
    }
    const { stitch } = selection;
    const latency = stitch.latency_ms === undefined ? undefined : latenciesOf(run, batchSize);
    const tested = measuredStitches(run, "test").find(({ id }) => id === stitch.id);
    const value = (row: typeof stitch | undefined) => formatField(metric, row?.[metric]);
    const text = [
      `stitch ${stitch.id}  ${stitch.name}`,
      `${formatField("macs", stitch.macs)} MACs, ${formatField("params", stitch.params)} parameters, ` +
        `${formatField("memory_bytes", stitch.memory_bytes)} of memory to run (estimate)`,
      ...(latency === undefined
        ? []
        : [`${formatField("latency_ms", stitch.latency_ms)} on ${latencySettingText(latency.setting)}`]),
      `${metric} ${value(stitch)} on ${split}, by which it was chosen; ${value(tested)} on test`,
      `export it: esta export ${args.run} --stitch ${stitch.id} --out DIR`,
    ];
    output.result(
      {
        ...{ stitch, split, metric, test: tested?.[metric] ?? null },
        ...(latency === undefined ? {} : { latency: latency.setting }),
      },
      text.join("\n"),
    );
  },
});
