/** Made-up comparison data: three arms of 12 stitches each, some seeds, accuracies that differ by a known amount. */
import type { ComparedArm, ComparedRun, ComparisonData } from "../../../ts/analysis/comparison/data.js";
import { makeRandom } from "../../../ts/analysis/random.js";

export interface SampleArm {
  readonly name: string;
  /** Added to every accuracy. */
  readonly shift: number;
  readonly steps?: number;
  readonly same_time_as?: string;
  readonly seeds?: readonly number[];
  /** Whether only the palette was measured. */
  readonly isPartial?: boolean;
  readonly method?: string;
}

const STITCHES = 12;

function sampleRun(arm: SampleArm, seed: number): ComparedRun {
  const random = makeRandom(seed);
  const stitches = Array.from({ length: STITCHES }, (_, id) => {
    const is_anchor = id < 2;
    const in_palette = is_anchor || id % 3 === 0;
    const quality = 0.5 + 0.03 * id + 0.02 * random();
    const accuracy = arm.isPartial && !in_palette ? {} : { accuracy: quality + arm.shift };
    return {
      ...{ id, name: `stitch-${id}`, macs: 1e6 * (id + 1), params: 1000 * (id + 1) },
      ...{ interval: Math.floor(id / 4), is_anchor, in_palette, scores: { snip: quality, noise: random() } },
      ...accuracy,
    };
  });
  const cost = {
    ...{ steps: arm.steps ?? 300, seconds: 0.05 * (arm.steps ?? 300), trainable_params: 9000 },
    ...{ trainable_bytes: 144_000, training_bytes: 1_000_000, stored_bytes: 40_000 },
  };
  const folder = `runs/${arm.name}/${seed}`;
  return { seed, folder, plan_sha256: "0".repeat(64), score: "snip", stitches, cost };
}

export function sampleComparison(arms: readonly SampleArm[], reference = "esta"): ComparisonData {
  return {
    schema_version: 1,
    title: "Arms on digits",
    family: "tiny-vit",
    task: {
      ...{ type: "image-classification", data: "digits", metric: "accuracy", classes: 10, examples: 797 },
      guess: 0.1,
      drawn_by_seed: true,
    },
    ...{ axis: "macs", split: "test", reference },
    arms: arms.map(
      (arm): ComparedArm => ({
        ...{
          name: arm.name,
          method: arm.method ?? "esta",
          settings: {},
          same_time_as: arm.same_time_as ?? null,
        },
        runs: (arm.seeds ?? [0, 1, 2]).map((seed) => sampleRun(arm, seed)),
      }),
    ),
    ...{ step_times: null, quick: false, sweep: { base: "<b>x</b>" }, environment: null },
    commands: ["esta compare digits.yaml"],
    notes: [],
  };
}
