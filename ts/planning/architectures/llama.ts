/**
 * LLaMA-like decoders: `LlamaForCausalLM` (arXiv 2302.13971), `Qwen2ForCausalLM`, `Qwen3ForCausalLM`:
 * RMSNorm, grouped-query attention, gated MLP, rotary embeddings, a language-model head that may be tied to
 * the embeddings. MACs are per token of a full sequence, head included.
 */
import type { InlineFamily } from "../../config/schema/family.js";
import { sequenceLength } from "./bert.js";
import { type AnchorCosts, type Cost, type FamilyCosts, MACS_PER_NORM_ELEMENT } from "./costs.js";

export type LlamaFamily = Extract<InlineFamily, { kind: "llama" }>;
type LlamaAnchor = LlamaFamily["anchors"][number];

export function llamaCosts(family: LlamaFamily, classes: number): FamilyCosts {
  const tokens = sequenceLength(family);
  const { kind: _kind, anchors, ...input } = family;
  return {
    transformersClass: llamaClass(family),
    tokens,
    costedTokens: 1,
    headRows: tokens,
    input: { ...input, sequence_length: tokens },
    classes,
    anchors: anchors.map((anchor) => llamaAnchor(family, anchor, tokens, classes)),
  };
}

function llamaClass({ qk_norm, qkv_bias, output_bias }: LlamaFamily): string {
  if (qk_norm) return "Qwen3ForCausalLM";
  return qkv_bias && !output_bias ? "Qwen2ForCausalLM" : "LlamaForCausalLM";
}

function llamaAnchor(family: LlamaFamily, anchor: LlamaAnchor, tokens: number, classes: number): AnchorCosts {
  const { name, width, depth, heads, mlp_width: mlpWidth } = anchor;
  const kvHeads = anchor.kv_heads ?? heads;
  const headDim = anchor.head_dim ?? width / heads;
  const tied = anchor.tie_embeddings ?? family.tie_embeddings;
  const queries = heads * headDim;
  const keys = kvHeads * headDim;
  return {
    name,
    width,
    depth,
    heads,
    mlpWidth,
    extra: { kv_heads: kvHeads, head_dim: headDim, tie_embeddings: tied },
    stem: { matmulMacs: 0, normMacs: 0, params: family.vocabulary_size * width },
    block: llamaBlock(family, { width, mlpWidth, queries, keys, headDim, tokens }),
    head: {
      matmulMacs: width * classes,
      normMacs: MACS_PER_NORM_ELEMENT * width,
      params: width + width * classes,
    },
    tiedParams: tied ? width * classes : 0,
    attention: {
      query: { inputs: width, outputs: queries },
      key: { inputs: width, outputs: keys },
      value: { inputs: width, outputs: keys },
      output: { inputs: queries, outputs: width },
    },
    mlpOutputs: [mlpWidth, mlpWidth, width],
    headFeatures: 0,
    // Frozen: inputs of both norms, LoRA's input, query, key, value, attention's output, and of the gated MLP
    // the gate's input and both factors. Trained weights need the second norm's output and the product too.
    savedElements: {
      frozen: 3 * width + 2 * queries + 2 * keys + 3 * mlpWidth,
      tuned: 4 * width + 2 * queries + 2 * keys + 4 * mlpWidth,
    },
  };
}

interface BlockSizes {
  width: number;
  mlpWidth: number;
  queries: number;
  keys: number;
  headDim: number;
  tokens: number;
}

function llamaBlock(family: LlamaFamily, sizes: BlockSizes): Cost {
  const { width, mlpWidth, queries, keys, headDim, tokens } = sizes;
  const weights = 2 * width * queries + 2 * width * keys + 3 * width * mlpWidth;
  const biases =
    (family.qkv_bias ? queries + 2 * keys : 0) +
    (family.output_bias ? width : 0) +
    (family.mlp_bias ? 2 * mlpWidth + width : 0);
  return {
    matmulMacs: weights + 2 * tokens * queries,
    normMacs: MACS_PER_NORM_ELEMENT * (2 * width + (family.qk_norm ? queries + keys : 0)),
    params: weights + biases + 2 * width + (family.qk_norm ? 2 * headDim : 0),
  };
}
