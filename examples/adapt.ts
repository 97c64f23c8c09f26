/**
 * From a configuration to a network for a budget, in one script.
 *
 *     npm install estakit typescript @types/node && npx esta setup
 *     npx tsc --module nodenext --target es2022 --strict adapt.ts
 *     node adapt.js CONFIG RUN_DIR [path=value ...]
 *
 * In a clone, CONFIG may be configs/digits.yaml. Overrides are those of `esta adapt --set`.
 */
import {
  adapt,
  EstaError,
  hypervolume,
  makePlan,
  measuredStitches,
  type Plan,
  paretoFrontier,
  planTable,
  progressViews,
  type Run,
  readConfig,
  resultsTable,
  selectFromRun,
  writeReport,
} from "estakit";

async function main(config: string, runDir: string, overrides: readonly string[]): Promise<void> {
  const plan = await makePlan(readConfig(config, { set: overrides }));
  console.log(planTable(plan).toString());

  const run = await train(plan, runDir);
  if (run === undefined) return;
  console.log(resultsTable(run).toString());
  describeFrontier(run);

  const { selection, metric } = selectFromRun(run, { max_macs: 5e6 });
  if (selection.found)
    console.log(`within 5 M MACs: stitch ${selection.stitch.id}, ${selection.stitch.name}`);
  else console.log(`no network within 5 M MACs by ${metric}: ${selection.explanation}`);
  console.log(`report: ${await writeReport(run)}`);
}

/** Trains, with a line of progress a second; undefined where it was stopped, which `resume` takes up. */
async function train(plan: Plan, runDir: string): Promise<Run | undefined> {
  const job = adapt(plan, { runDir });
  process.once("SIGINT", () => job.cancel());
  for await (const view of progressViews(job, { everyMs: 1000 })) console.error(view.toString());
  const outcome = await job.result;
  if (outcome.status === "finished") return outcome.value;
  console.error(`stopped at step ${outcome.event.step}`);
  return undefined;
}

/** What the palette covers: its frontier over MACs and accuracy, and the area under it. */
function describeFrontier(run: Run): void {
  const rows = measuredStitches(run, "test");
  const axes = { x: { key: "macs", better: "less" }, y: { key: "accuracy", better: "more" } } as const;
  const frontier = paretoFrontier(rows, axes);
  const reference = { x: 1.05 * Math.max(...run.plan.stitches.map(({ macs }) => macs)), y: 0.1 };
  const area = hypervolume(rows, reference, axes, { x: 0, y: 1 });
  console.log(`${frontier.length} networks on the frontier, hypervolume ${area.scaled?.toFixed(3)}`);
}

const [config, runDir, ...overrides] = process.argv.slice(2);
if (config === undefined || runDir === undefined) {
  console.error("usage: node adapt.js CONFIG RUN_DIR [path=value ...]");
  process.exitCode = 2;
} else {
  try {
    await main(config, runDir, overrides);
  } catch (error) {
    if (!(error instanceof EstaError)) throw error;
    console.error(`${error.message}\n${error.hint ?? ""}`);
    process.exitCode = error.exitCode;
  }
}
