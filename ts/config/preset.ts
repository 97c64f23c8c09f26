/**
 * Presets of a method: a whole section of defaults by name, for what the user did not write. They stay what they
 * are when the schema's own defaults change.
 */
import type { z } from "zod";
import type { estaSchema, PRESETS } from "./schema/method.js";
import { isRecord } from "./schema-walk.js";

type Preset = (typeof PRESETS)[number];

/**
 * ESTA as far as it was published (docs/method.md says what of it is so): LoRA in self-attention and stitching
 * layers, all biases of every stitch its own, least squares, a SNIP-like score as a moving average that steers
 * the sampling and chooses. Ranks, rates, momentum, warm-up and floor were not settled: our choice.
 */
const PAPER: z.input<typeof estaSchema> = {
  name: "esta",
  lora: {
    rank: 4,
    alpha: 8,
    targets: ["query", "key", "value", "output"],
    learning_rate: 1e-2,
    stitching_rank: 8,
    stitching_learning_rate: 1e-2,
  },
  stitch_bias: { sites: "all", shared: false, learning_rate: 1e-3 },
  head: { learning_rate: 1e-2 },
  initialisation: { method: "least-squares", samples: 100, ridge: 1e-6, heads: "random" },
  anchors_first: { share: 0 },
  importance: { score: "snip", momentum: 0.9 },
  sampling: {
    strategy: "importance",
    temperature: 1,
    floor: 0.3,
    anchor_share: 0,
    anchor_cost_exponent: 0,
    warmup_draws: 3,
  },
  stitches_per_step: 1,
  distillation: { teacher: "none" },
};

const METHOD_PRESETS: Readonly<Record<Preset, Record<string, unknown>>> = { paper: PAPER };

/** The configuration with its method's preset under what is given; without one, or an unknown one, as it is. */
export function fillPreset(data: unknown): unknown {
  if (!isRecord(data) || !isRecord(data.method)) return data;
  const { method } = data;
  const preset = method.preset;
  if (typeof preset !== "string" || !Object.hasOwn(METHOD_PRESETS, preset)) return data;
  return { ...data, method: under(method, METHOD_PRESETS[preset as Preset]) };
}

/** `given`, and of `defaults` what it leaves out, section by section. */
export function under(
  given: Record<string, unknown>,
  defaults: Record<string, unknown>,
): Record<string, unknown> {
  const filled = { ...given };
  for (const [key, value] of Object.entries(defaults)) {
    const own = filled[key];
    if (own === undefined) filled[key] = value;
    else if (isRecord(own) && isRecord(value)) filled[key] = under(own, value);
  }
  return filled;
}
