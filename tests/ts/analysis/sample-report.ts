/** Made-up report data of realistic shape and size: three anchors, 35 stitches, one baseline, a training history. */
import { makeRandom } from "../../../ts/analysis/random.js";
import type { ReportData, ReportStep, ReportStitch } from "../../../ts/analysis/report-data.js";

const ANCHORS = [
  { name: "tiny-vit-s", width: 32, depth: 6, heads: 2, macs: 1_300_000, params: 79_000 },
  { name: "tiny-vit-m", width: 64, depth: 6, heads: 4, macs: 5_060_000, params: 307_000 },
  { name: "tiny-vit-l", width: 128, depth: 6, heads: 8, macs: 19_900_000, params: 1_200_000 },
];
const STEPS = 600;

export interface SampleOptions {
  readonly seed?: number;
  /** Stitches besides the anchors. */
  readonly stitches?: number;
  readonly title?: string;
}

export function sampleReport({ seed = 1, stitches: count = 32, title }: SampleOptions = {}): ReportData {
  const random = makeRandom(seed);
  const stitches = makeStitches(random, count);
  const baseline = stitches.slice(0, 3).map((stitch) => {
    const { accuracy = 0 } = stitch.metrics.test ?? {};
    const metrics = { test: { accuracy: (accuracy ?? 0) + 0.012, loss: 0.4 } };
    return { ...stitch, in_palette: true, score: null, draws: null, metrics };
  });
  return {
    schema_version: 1,
    title: title ?? "tiny-vit adapted to digits",
    run_id: "0f3a9c",
    created: "2025-11-24T10:15:00Z",
    family: { name: "tiny-vit", kind: "vit", anchors: ANCHORS },
    task: {
      type: "image-classification",
      data: "digits",
      metric: "accuracy",
      classes: 10,
      guess: 0.1,
      examples: { test: 797 },
    },
    method: { name: "esta", score: "snip" },
    deployment: { axis: "macs", intervals: makeIntervals() },
    latency: { device: "cpu", device_name: "x86_64", threads: 1, batch_size: 1, tokens: 17 },
    stitches,
    cost: {
      steps: STEPS,
      seconds: 74.2,
      trainable_params: 214_000,
      trainable_bytes: 3_424_000,
      training_bytes: 21_000_000,
    },
    baselines: [
      {
        name: "lora",
        method: "lora",
        stitches: baseline,
        cost: {
          steps: 1800,
          seconds: 198,
          trainable_params: 61_000,
          trainable_bytes: 976_000,
          training_bytes: 17_000_000,
        },
      },
    ],
    steps: makeSteps(random, stitches.length),
    samples: [],
    score_momentum: 0.9,
    split: "test",
    config: {
      version: 1,
      family: "tiny-vit",
      task: { data: "digits" },
      method: { name: "esta", lora: { rank: 4 } },
    },
    environment: {
      python: "3.11.9",
      platform: "Linux-6.1-x86_64",
      device: "cpu",
      device_name: "2 cores",
      threads: 1,
      packages: { torch: "2.13.0", transformers: "5.23.0", numpy: "2.2.6" },
      git: { commit: "58e328a", dirty: false },
      seeds: { initialisation: 0, data: 0, sampling: 0 },
    },
    commands: ["esta adapt runs/digits/plan.json --run-dir NEW_FOLDER", "esta report NEW_FOLDER"],
    notes: [],
  };
}

function makeStitches(random: () => number, count: number): ReportStitch[] {
  const anchors = ANCHORS.map(({ name, macs, params, depth }, id) => ({
    ...{ id, name, macs, params },
    route: [{ anchor: id, start: 0, end: depth }],
    is_anchor: true,
  }));
  const routes = Array.from({ length: count }, (_, i) => {
    const front = i % 2;
    const cut = 1 + (i % 5);
    const share = (cut + random() / 2) / 6;
    const [small, large] = [ANCHORS[front], ANCHORS[front + 1]] as [(typeof ANCHORS)[0], (typeof ANCHORS)[0]];
    return {
      id: 3 + i,
      name: `${small.name}:0-${cut}+${large.name}:${cut}-6`,
      macs: Math.round(share * small.macs + (1 - share) * large.macs),
      params: Math.round(share * small.params + (1 - share) * large.params),
      route: [
        { anchor: front, start: 0, end: cut },
        { anchor: front + 1, start: cut, end: 6 },
      ],
      is_anchor: false,
    };
  });
  const width = (19_900_000 - 1_300_000) / 5;
  return [...anchors, ...routes].map((stitch, i) => {
    const in_palette = i < 3 || i % 4 === 0;
    const accuracy = 0.78 + 0.17 * (1 - Math.exp(-(stitch.macs - 1_300_000) / 3e6)) + 0.02 * (random() - 0.7);
    const isMeasured = in_palette || i % 2 === 0;
    return {
      ...stitch,
      memory_bytes: 4 * stitch.params + 60_000,
      // Of one stitch it is not known.
      latency_ms: i === 5 ? null : 0.4 + stitch.macs / 1e7 + 0.1 * Math.sin(i),
      interval: Math.min(4, Math.floor((stitch.macs - 1_300_000) / width)),
      in_palette,
      score: 0.2 + random() / 3,
      draws: Math.round(10 + 20 * random() + (in_palette ? 12 : 0)),
      metrics: isMeasured ? makeMetrics(accuracy) : {},
    };
  });
}

function makeMetrics(accuracy: number): ReportStitch["metrics"] {
  return { test: { accuracy, loss: 2.2 * (1 - accuracy) }, validation: { accuracy: accuracy + 0.01 } };
}

function makeIntervals(): ReportData["deployment"]["intervals"] {
  const width = (19_900_000 - 1_300_000) / 5;
  return [0, 1, 2, 3, 4].map((id) => ({
    id,
    low: 1_300_000 + id * width,
    high: 1_300_000 + (id + 1) * width,
  }));
}

function makeSteps(random: () => number, stitches: number): ReportStep[] {
  return Array.from({ length: STEPS }, (_, i) => {
    const stitch = Math.floor(random() * stitches);
    const decay = Math.exp(-i / 150);
    return {
      step: i + 1,
      stitches: [stitch],
      loss: 0.35 + 1.9 * decay + 0.25 * random(),
      scores: [0.1 + 0.5 * decay + 0.012 * stitch + 0.1 * random()],
    };
  });
}
