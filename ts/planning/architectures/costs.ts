/**
 * What the planner knows of an architecture: the cost of the pieces that routes are made of, as data.
 *
 * The convention (docs/costs.md): MACs of matrix products, of the two attention products (causal masks are
 * not discounted) and 5 per element of every norm, as fvcore counts LayerNorm; embedding look-ups, rotary
 * embeddings, softmax, activations, biases and residuals count 0. Images cost per image, text per token of a
 * full sequence. Every piece is an integer.
 */
import type { ATTENTION_TARGETS, LORA_TARGETS } from "../../config/schema/method.js";

export type LoraTarget = (typeof LORA_TARGETS)[number];

export const MACS_PER_NORM_ELEMENT = 5;

export interface Cost {
  /** Matrix products and attention products: what torch's FlopCounterMode sees, halved. */
  matmulMacs: number;
  normMacs: number;
  params: number;
}

export interface AnchorCosts {
  name: string;
  width: number;
  depth: number;
  heads: number;
  mlpWidth: number;
  /** What only some kinds have, as the plan names it. */
  extra: Record<string, number | boolean>;
  /** Embeddings, class token and positions. */
  stem: Cost;
  block: Cost;
  /** Final norm, pooler, head. */
  head: Cost;
  /** Parameters of the head that are the stem's own, and so saved where a route begins and ends here. */
  tiedParams: number;
  /** Inputs and outputs of the linears of self-attention. */
  attention: Record<(typeof ATTENTION_TARGETS)[number], { inputs: number; outputs: number }>;
  /**
   * Outputs of the linears of a block's MLP, of which the last reads `mlpWidth` and the others `width`; with
   * those of attention they are the block's bias sites.
   */
  mlpOutputs: readonly number[];
  /** Inputs of the head that a task trains; 0 where a task keeps the model's own (language models). */
  headFeatures: number;
  /** Elements a token that a block keeps for the backward pass: frozen weights, or all, the MLP's too, trained. */
  savedElements: { frozen: number; tuned: number };
}

export interface FamilyCosts {
  /** The class of `transformers` whose parameters this reproduces. */
  transformersClass: string;
  /** Tokens of one sequence, class and register tokens included. */
  tokens: number;
  /** Tokens that a cost counts: all of an image's, one of a text's. */
  costedTokens: number;
  /** Outputs of the head for one sequence: one row for classification, one a token for language models. */
  headRows: number;
  /** Everything the anchors share, as the plan names it. */
  input: Record<string, number | boolean | string>;
  classes: number;
  anchors: AnchorCosts[];
}

export const macsOf = (cost: Cost): number => cost.matmulMacs + cost.normMacs;

/** Cost of a stitching layer: a linear map with bias, applied to every token. */
export function stitchingLayerCost(costs: FamilyCosts, front: AnchorCosts, end: AnchorCosts): Cost {
  const weights = front.width * end.width;
  return { matmulMacs: costs.costedTokens * weights, normMacs: 0, params: weights + end.width };
}

/** Cost of a whole anchor. */
export function anchorCost(anchor: AnchorCosts): { macs: number; params: number } {
  const { stem, block, head, depth, tiedParams } = anchor;
  return {
    macs: macsOf(stem) + depth * macsOf(block) + macsOf(head),
    params: stem.params + depth * block.params + head.params - tiedParams,
  };
}

/**
 * Sizes of a block's bias sites together: attention's query, key, value and output, and the MLP's linears.
 */
export function blockBiasSize({ attention, mlpOutputs }: AnchorCosts): number {
  const { query, key, value, output } = attention;
  return (
    query.outputs + key.outputs + value.outputs + output.outputs + mlpOutputs.reduce((sum, n) => sum + n, 0)
  );
}

/** Outputs of the MLP's last linear, and of those before it together. */
function mlpEnds(mlpOutputs: readonly number[]): { before: number; last: number } {
  const last = mlpOutputs.at(-1) ?? 0;
  return { before: mlpOutputs.reduce((sum, n) => sum + n, 0) - last, last };
}

/** Weights of a block's linears, their biases left out: what `frozen_precision` may keep as codes. */
export function blockLinearWeights({ attention, mlpOutputs, mlpWidth, width }: AnchorCosts): number {
  const { before, last } = mlpEnds(mlpOutputs);
  const attended = Object.values(attention).reduce((sum, { inputs, outputs }) => sum + inputs * outputs, 0);
  return attended + before * width + mlpWidth * last;
}

/** LoRA of this rank on these linears of one block. */
export function blockLoraSize(anchor: AnchorCosts, rank: number, targets: readonly LoraTarget[]): number {
  const { attention, mlpOutputs, mlpWidth, width } = anchor;
  let size = 0;
  for (const target of targets) {
    if (target === "mlp") {
      const { before, last } = mlpEnds(mlpOutputs);
      // Gated MLPs have two linears of the inner width, which may be counted as one of twice that.
      size += (before / mlpWidth) * (width + mlpWidth) + mlpWidth + last;
    } else size += attention[target].inputs + attention[target].outputs;
  }
  return rank * size;
}
