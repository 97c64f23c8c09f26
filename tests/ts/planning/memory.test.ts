import { expect, test } from "vitest";
import { ATTENTION_TARGETS, BIAS_SITES } from "../../../ts/config/schema/method.js";
import { familyCosts, ownClasses } from "../../../ts/planning/architectures/index.js";
import { resolveFamily } from "../../../ts/planning/family.js";
import { countTrainable, estimateMemory, trainableBytes } from "../../../ts/planning/memory.js";
import type { Plan } from "../../../ts/planning/plan-schema.js";
import { config, failure, plan } from "./helpers.js";

/** What the planner counts for a made plan. */
function counted(made: Plan) {
  const { shape } = resolveFamily(made.config.family);
  const costs = familyCosts(shape, made.family.classes);
  const space = { stitches: made.stitches, layers: made.stitching_layers };
  return { trainable: countTrainable(made.config.method, costs, space), costs, space };
}

const anchors = [
  { width: 16, depth: 6 },
  { width: 24, depth: 6 },
  { width: 96, depth: 6 },
];
const digits = { type: "image-classification", data: "digits" } as const;
const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
/** Biases of a ViT block's linears: query, key, value, output, MLP out (d each), MLP in (4 d). */
const block = (width: number) => 9 * width;
const heads = sum(anchors.map(({ width }) => (width + 1) * 10));

test.each(BIAS_SITES)(
  "esta on tiny-vit trains LoRA, heads and each stitch's biases at: %s",
  async (sites) => {
    const made = await plan({
      family: "tiny-vit",
      task: digits,
      method: {
        name: "esta",
        lora: { rank: 3, stitching_rank: 5, targets: ["query", "value"] },
        stitch_bias: { sites },
      },
    });
    const { trainable } = counted(made);
    const lora = sum(anchors.map(({ width, depth }) => depth * 2 * 3 * (2 * width)));
    const layers = sum(made.stitching_layers.map((layer) => 5 * (layer.in_width + layer.out_width)));
    expect(trainable.shared).toBe(lora + layers + heads);

    const biases = made.stitches.map(({ route }) => {
      let size = 0;
      route.forEach(({ anchor, start, end }, index) => {
        const width = anchors[anchor]?.width ?? 0;
        if (index > 0 && sites !== "none") size += width;
        for (let i = start; i < end; i++) {
          const after = index > 0 || route.length === 1;
          if (sites === "all" || (sites === "after-stitch" && after)) size += block(width);
        }
      });
      return size;
    });
    expect([trainable.biases, trainable.largestBiases]).toEqual([sum(biases), Math.max(...biases)]);
    // Frozen: the anchors without their heads, and the stitching layers.
    const layerParams = sum(made.stitching_layers.map((layer) => (layer.in_width + 1) * layer.out_width));
    expect(trainable.frozen).toBe(sum(made.anchors.map(({ params }) => params)) - heads + layerParams);
  },
);

test("lora trains each anchor's LoRA, biases and head, on whole anchors only", async () => {
  const made = await plan({
    family: "tiny-vit",
    task: digits,
    method: { name: "lora", lora: { rank: 3, targets: [...ATTENTION_TARGETS] } },
  });
  expect(made.stitches.map(({ name }) => name)).toEqual(["tiny-vit-s", "tiny-vit-m", "tiny-vit-l"]);
  const lora = sum(anchors.map(({ width, depth }) => depth * ATTENTION_TARGETS.length * 3 * (2 * width)));
  const biases = sum(anchors.map(({ width, depth }) => depth * block(width)));
  expect(counted(made).trainable).toMatchObject({ shared: lora + biases + heads, biases: 0 });
});

test("snnet trains everything, and freezes nothing", async () => {
  const made = await plan({ family: "tiny-vit", task: digits, method: { name: "snnet" } });
  const layers = sum(made.stitching_layers.map((layer) => (layer.in_width + 1) * layer.out_width));
  const { trainable } = counted(made);
  expect(trainable).toMatchObject({
    frozen: 0,
    shared: sum(made.anchors.map(({ params }) => params)) + layers,
  });
  expect(trainableBytes(trainable)).toBe(16 * trainable.shared);
});

test("the plan's memory is the sum of its parts and follows batch, optimizer, precision and checkpointing", async () => {
  const base = await plan({ family: "deit" });
  const { trainable, costs, space } = counted(base);
  const memory = (training: object) =>
    estimateMemory({ ...base.config, training: { ...base.config.training, ...training } }, costs, space);
  const m = base.memory;
  expect(m).toEqual(memory({}));
  expect(m.training_bytes).toBe(
    m.weights_bytes + m.trainable_bytes + m.gradient_bytes + m.optimizer_bytes + m.activation_bytes,
  );
  expect(m.weights_bytes).toBe(4 * trainable.frozen);
  expect(m.trainable_bytes).toBe(4 * (trainable.shared + trainable.biases));
  expect(m.gradient_bytes).toBe(4 * (trainable.shared + trainable.largestBiases));
  expect(m.optimizer_bytes).toBe(2 * m.trainable_bytes);
  const sgd = config({ family: "deit", training: { optimizer: { name: "sgd", momentum: 0 } } }).training;
  expect(memory(sgd).optimizer_bytes).toBe(0);
  expect(memory({ batch_size: 64 }).activation_bytes).toBe(2 * m.activation_bytes);
  // The dearest route is the large anchor, or 11 of its blocks and some of the middle one's.
  const perImage = 12 * 197 * (8 * 768 + 2 * 3072) * 4 + 2 * 4 * 1000;
  expect(m.activation_bytes).toBeGreaterThanOrEqual(32 * perImage);
  expect(m.activation_bytes).toBeLessThan(32 * perImage * 1.1);
  // LoRA in attention alone does not read the inputs of the MLP's linears.
  const lean = await plan({
    family: "deit",
    method: { name: "esta", lora: { targets: [...ATTENTION_TARGETS] } },
  });
  const leanImage = 12 * 197 * (7 * 768 + 3072) * 4 + 2 * 4 * 1000;
  expect(lean.memory.activation_bytes).toBeGreaterThanOrEqual(32 * leanImage);
  expect(lean.memory.activation_bytes).toBeLessThan(32 * leanImage * 1.1);
  expect(memory({ precision: "bf16" }).activation_bytes).toBe(m.activation_bytes / 2 + 32 * 4 * 1000);
  expect(memory({ activation_checkpointing: true }).activation_bytes).toBeLessThan(m.activation_bytes / 4);
  expect(m.inference_bytes).toBe(Math.max(...base.stitches.map(({ memory_bytes }) => memory_bytes)));
});

test("frozen anchors in bf16 take half, stitching layers' solutions do not", async () => {
  const base = await plan({ family: "deit" });
  const half = await plan({ family: "deit", training: { frozen_precision: "bf16" } });
  const solutions = sum(base.stitching_layers.map(({ in_width, out_width }) => (in_width + 1) * out_width));
  const anchors = base.memory.weights_bytes - 4 * solutions;
  expect(half.memory.weights_bytes).toBe(anchors / 2 + 4 * solutions);
  expect({ ...half.memory, weights_bytes: 0, training_bytes: 0 }).toEqual({
    ...base.memory,
    weights_bytes: 0,
    training_bytes: 0,
  });
});

test("frozen linears of blocks take 8 or 4 bits and their scales, the rest of the anchors bf16", async () => {
  const memory = async (frozen_precision: "bf16" | "int8" | "nf4") =>
    (await plan({ family: "llama-3.2", training: { frozen_precision } })).memory.weights_bytes;
  const base = await memory("bf16");
  // Query and output, key and value (grouped), gate, up and down of LLaMA 3.2 1B and 3B.
  const shapes = [
    { depth: 16, d: 2048, q: 2048, k: 512, m: 8192 },
    { depth: 28, d: 3072, q: 3072, k: 1024, m: 8192 },
  ];
  const weights = sum(shapes.map(({ depth, d, q, k, m }) => depth * d * (2 * q + 2 * k + 3 * m)));
  const rows = sum(shapes.map(({ depth, d, q, k, m }) => depth * (2 * d + q + 2 * k + 2 * m)));
  expect(await memory("int8")).toBe(base - 2 * weights + weights + 4 * rows);
  expect(await memory("nf4")).toBe(base - 2 * weights + weights / 2 + weights / 16);
});

test.each(["snnet", "snnetv2", "full"] as const)("%s tunes weights, which stay in fp32", async (name) => {
  const training = { frozen_precision: "bf16" } as const;
  const error = await failure(() => plan({ family: "deit", method: { name }, training }));
  expect(error.message).toMatch(/frozen_precision: got bf16 with method .*; allowed: fp32/);
});

test.each(["fp32", "bf16", "int8", "nf4"] as const)(
  "of %s blocks that wait on the CPU, the weights count those of one route",
  async (frozen_precision) => {
    const family = "llama-3.2";
    const space = { rule: "unpaired" } as const;
    const all = await plan({ family, space, training: { frozen_precision } });
    const made = await plan({ family, space, training: { frozen_precision, off_route_blocks: "cpu" } });
    const { costs } = counted(made);
    const block = costs.anchors.map((anchor) => {
      const { width: d, heads, mlpWidth: m, extra } = anchor;
      const [q, k] = [heads * Number(extra.head_dim), Number(extra.kv_heads) * Number(extra.head_dim)];
      const weights = d * (2 * q + 2 * k + 3 * m);
      const norms = 2 * d;
      expect(anchor.block.params).toBe(weights + norms);
      const rows = 2 * d + q + 2 * k + 2 * m;
      if (frozen_precision === "fp32") return 4 * (weights + norms);
      if (frozen_precision === "bf16") return 2 * (weights + norms);
      return 2 * norms + (frozen_precision === "int8" ? weights + 4 * rows : (weights * 9) / 16);
    });
    const routes = made.stitches.map(({ route }) =>
      sum(route.map(({ anchor, start, end }) => (end - start) * at(block, anchor))),
    );
    const blocks = sum(costs.anchors.map(({ depth }, anchor) => depth * at(block, anchor)));
    expect(made.memory.weights_bytes).toBe(all.memory.weights_bytes - blocks + Math.max(...routes));
    expect(made.memory.activation_bytes).toBe(all.memory.activation_bytes);
  },
);

test.each([
  ["llama-3.2-1b", 1],
  ["llama-3.2-3b", 0],
] as const)("what %s does not use when it is tuned alone waits", async (name, other) => {
  const given = { family: "llama-3.2", space: { rule: "unpaired" } } as const;
  const method = { name: "lora" as const, stitches: [name] };
  const all = await plan({ ...given, method });
  const waits = await plan({ ...given, method, training: { off_route_blocks: "cpu" } });
  const { depth, block } = at(counted(all).costs.anchors, other);
  expect(all.memory.weights_bytes - waits.memory.weights_bytes).toBe(4 * depth * block.params);
});

test("a stitch that is tuned alone has its anchors there as a whole, when its layer is fitted", async () => {
  const given = { family: "llama-3.2", space: { rule: "unpaired" } } as const;
  const stitch = (await plan(given)).stitches.find(({ route }) => route.length === 2)?.name ?? "";
  const method = { name: "lora" as const, stitches: [stitch] };
  const all = await plan({ ...given, method });
  const waits = await plan({ ...given, method, training: { off_route_blocks: "cpu" } });
  const { depth, block } = at(counted(all).costs.anchors, 0);
  expect(all.memory.weights_bytes - waits.memory.weights_bytes).toBeLessThanOrEqual(4 * depth * block.params);
});

test("blocks cannot wait where they train, nor on the device that runs", async () => {
  const training = { off_route_blocks: "cpu" } as const;
  const tuned = await failure(() => plan({ family: "deit", method: { name: "full" }, training }));
  expect(tuned.message).toMatch(/off_route_blocks: got cpu with method full.*; allowed: device/);
  const onCpu = await failure(() => plan({ family: "deit", training, run: { device: "cpu" } }));
  expect(onCpu.message).toMatch(/off_route_blocks: got cpu with run.device cpu.*; allowed: device/);
  await plan({ family: "deit", training, run: { device: "cuda" } });
});

test("full tuning keeps more activations than frozen weights do, in every kind", async () => {
  for (const family of ["deit", "dinov2", "minilm", "llama-3.2"]) {
    const { shape } = resolveFamily(family);
    for (const { savedElements } of familyCosts(shape, ownClasses(shape)).anchors) {
      expect(savedElements.tuned).toBeGreaterThan(savedElements.frozen);
    }
  }
});

test.each(["tiny-vit", "deit", "dinov2", "minilm", "llama-3.2"])(
  "%s: running a stitch takes its weights and its largest part, added up here part by part",
  async (family) => {
    const made = await plan({ family });
    const { shape } = resolveFamily(family);
    const costs = familyCosts(shape, made.family.classes);
    const { tokens, headRows, classes } = costs;
    for (const { route, params, memory_bytes } of made.stitches) {
      const parts = route.map(({ anchor }) => {
        const { width, mlpOutputs } = at(costs.anchors, anchor);
        return tokens * (2 * width + Math.max(3 * width, sum([...mlpOutputs])));
      });
      const last = at(costs.anchors, route.at(-1)?.anchor ?? 0);
      const head = 2 * tokens * last.width + headRows * classes;
      expect(memory_bytes).toBe(4 * (params + Math.max(...parts, head)));
    }
  },
);

test("intervals and budgets divide memory as they divide MACs", async () => {
  const made = await plan({ family: "deit", deployment: { axis: "memory", intervals: 4 } });
  const bytes = made.stitches.map(({ memory_bytes }) => memory_bytes);
  expect([made.intervals[0]?.low, made.intervals.at(-1)?.high]).toEqual([
    Math.min(...bytes),
    Math.max(...bytes),
  ]);
  for (const { interval, memory_bytes } of made.stitches) {
    const { low, high } = at(made.intervals, interval);
    expect(memory_bytes).toBeGreaterThanOrEqual(low);
    expect(memory_bytes).toBeLessThanOrEqual(high);
  }
  expect(sum(made.intervals.map(({ stitches }) => stitches))).toBe(made.stitches.length);
});

function at<T>(list: readonly T[], index: number): T {
  return list[index] as T;
}
