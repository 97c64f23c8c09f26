/**
 * Costs of text generation of a planned stitch: prefill of a prompt, one decode step with a filled cache, and
 * the cache itself. Same convention as the plan's costs, but totals, not per token; the head sees one
 * position, for only the last one's logits are needed.
 */
import { EstaError } from "../errors.js";
import type { Plan, Stitch } from "./plan-schema.js";

export interface GenerationCost {
  /** MACs of the whole prompt, causal masks not discounted. */
  prefill_macs: number;
  /** MACs of one more token when `cached_tokens` are in the cache. */
  decode_macs: number;
  /** Keys and values of `cached_tokens` tokens, in every block of the route. */
  cache_bytes: number;
}

export interface GenerationOptions {
  /** Tokens of the prompt, which are then in the cache. */
  cachedTokens: number;
  /** Bytes of one number in the cache; 2 for bf16 and fp16. */
  bytesPerElement?: number;
}

/**
 * @throws EstaError("usage") for a family that generates no text.
 */
export function generationCost(plan: Plan, stitch: Stitch, options: GenerationOptions): GenerationCost {
  if (plan.family.kind !== "llama") {
    throw new EstaError(
      "usage",
      `got a family of kind ${plan.family.kind}; allowed: llama, whose models generate text`,
    );
  }
  const { cachedTokens, bytesPerElement = 2 } = options;
  const own = (anchor: number) => plan.anchors[anchor] as Plan["anchors"][number];
  // The plan's MACs a token hold the head, and attention over a full sequence: 2 * N * queries in each block.
  let attention = 0;
  let cachedElements = 0;
  for (const { anchor, start, end } of stitch.route) {
    const { heads, extra } = own(anchor);
    const headDim = Number(extra.head_dim);
    attention += (end - start) * 2 * heads * headDim;
    cachedElements += (end - start) * 2 * Number(extra.kv_heads) * headDim;
  }
  const last = own(stitch.route.at(-1)?.anchor ?? 0);
  const head = last.width * plan.family.classes;
  const perToken = stitch.macs - head - attention * plan.family.tokens;
  return {
    prefill_macs: cachedTokens * (perToken + attention * cachedTokens) + head,
    decode_macs: perToken + attention * (cachedTokens + 1) + head,
    cache_bytes: cachedTokens * cachedElements * bytesPerElement,
  };
}
