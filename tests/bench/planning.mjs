/**
 * How planning grows with the number of stitches, and what it costs beside writing the same plan as JSON.
 *
 *     npm run build && node tests/bench/planning.mjs [--stitches 100000]
 *
 * Two anchors under the paired rule, as deep as the number of stitches asks for. Small and large plans
 * alternate and CPU time is what counts, so that the machine's moods hit both alike; printed are medians.
 * Wanted: time a stitch at 1e5 over that at 1e3 at most 1.3, and planning 1e5 at most 3 times JSON.stringify.
 */
import { parseArgs } from "node:util";

const { configSchema } = await import("../../dist/config/schema/index.js");
const { makePlan } = await import("../../dist/planning/plan.js");
const { trainableBytes, countTrainable } = await import("../../dist/planning/memory.js");
const { parsePlan, planChunks } = await import("../../dist/planning/plan-file.js");
const { familyCosts } = await import("../../dist/planning/architectures/index.js");
const { readFamily } = await import("../../dist/planning/catalog.js");

const { values } = parseArgs({ options: { stitches: { type: "string", default: "100000" } } });
const ROUNDS = 7;

/** A kernel of 5 gives 9 stitches a block, and one stitching layer, whatever the depth. */
function config(stitches) {
  const depth = Math.round(stitches / 9);
  const anchors = [
    { name: "small", width: 64, depth, heads: 1 },
    { name: "large", width: 128, depth, heads: 2 },
  ];
  return configSchema.parse({
    version: 1,
    family: { kind: "vit", image_size: 32, patch_size: 8, classes: 10, anchors },
    space: { rule: "paired", kernel: 5, keep_costlier_than_dearest_anchor: true },
  });
}

async function timed(action) {
  const start = process.cpuUsage();
  const result = await action();
  const { user, system } = process.cpuUsage(start);
  return { ms: (user + system) / 1000, result };
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

async function compare(large) {
  const configs = { few: config(1000), many: config(large) };
  const times = { kept: [], dropped: [], many: [], written: [] };
  let plan;
  for (let round = -2; round < ROUNDS; round++) {
    const kept = await timed(() => planOften(configs.few, large / 1000, true));
    const dropped = await timed(() => planOften(configs.few, large / 1000, false));
    const many = await timed(() => makePlan(configs.many));
    plan = many.result;
    const written = await timed(() => JSON.stringify(plan).length);
    if (round < 0) continue; // Warm-up.
    times.kept.push(kept.ms / kept.result);
    times.dropped.push(dropped.ms / dropped.result);
    times.many.push(many.ms / plan.totals.stitches);
    times.written.push(written.ms / plan.totals.stitches);
  }
  const [kept, dropped, many, written] = Object.values(times).map(median);
  const us = (ms) => `${(1000 * ms).toFixed(2)} us CPU a stitch`;
  console.log(`one plan of ${plan.totals.stitches} stitches       ${us(many)}`);
  console.log(
    `plans of 1,000, as many kept   ${us(kept)}, ratio ${(many / kept).toFixed(2)}   (wanted <= 1.3)`,
  );
  console.log(`plans of 1,000, none kept      ${us(dropped)}, ratio ${(many / dropped).toFixed(2)}`);
  console.log(
    `JSON.stringify of the plan     ${us(written)}, ratio ${(many / written).toFixed(2)}   (wanted <= 3)`,
  );
  const text = [...planChunks(plan)].join("");
  const read = await timed(() => parsePlan(text));
  const parsed = await timed(() => JSON.parse(text));
  console.log(`checked read over JSON.parse   ratio ${(read.ms / parsed.ms).toFixed(2)}`);
}

/** Makes the same small plan many times; kept plans cost the collector what one large plan costs it. */
async function planOften(small, times, keep) {
  const plans = [];
  let stitches = 0;
  for (let i = 0; i < times; i++) {
    const plan = await makePlan(small);
    stitches += plan.totals.stitches;
    if (keep) plans.push(plan);
  }
  return stitches;
}

/** What is trained, with gradients and AdamW's moments, of ESTA over SN-Net's full tuning. */
async function compareTrainable(name) {
  const { family } = readFamily(name);
  const bytes = {};
  for (const method of ["esta", "snnet"]) {
    const made = await makePlan(configSchema.parse({ version: 1, family: name, method: { name: method } }));
    const space = { stitches: made.stitches, layers: made.stitching_layers };
    const trainable = countTrainable(made.config.method, familyCosts(family, made.family.classes), space);
    bytes[method] = [trainableBytes(trainable), trainableBytes(trainable, { frozen: true })];
  }
  const [alone, all] = [0, 1].map((i) => bytes.esta[i] / bytes.snnet[i]);
  const mb = (bytes.esta[0] / 1e6).toFixed(1);
  console.log(
    `${name.padEnd(10)} trainable bytes ESTA / SN-Net ${alone.toFixed(3)} (${mb} MB over ${(bytes.snnet[0] / 1e6).toFixed(1)} MB); frozen weights counted in ${all.toFixed(3)}`,
  );
}

await compare(Number(values.stitches));
await compareTrainable("tiny-vit");
await compareTrainable("deit");
