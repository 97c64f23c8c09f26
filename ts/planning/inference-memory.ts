/**
 * Estimate of the memory that running a stitch takes: the merged network's weights, and the most that one of its
 * parts holds at a time, for one sequence in fp32 (docs/costs.md). Caches of keys and values are not counted.
 */
import type { AnchorCosts, FamilyCosts } from "./architectures/costs.js";
import type { Segment } from "./plan-schema.js";

export const FP32_BYTES = 4;

export type InferenceMemory = (route: readonly Segment[], params: number) => number;

/** Bytes of any route over the family's anchors, given its parameters; O(1) a segment. */
export function inferenceMemory(costs: FamilyCosts): InferenceMemory {
  const blocks = costs.anchors.map((anchor) => costs.tokens * blockElements(anchor));
  // The final norm's input and output, and what the head gives.
  const heads = costs.anchors.map(({ width }) => 2 * costs.tokens * width + costs.headRows * costs.classes);
  return (route, params) => {
    let working = 0;
    let last = 0;
    for (const { anchor } of route) {
      working = Math.max(working, blocks[anchor] as number);
      last = anchor;
    }
    return FP32_BYTES * (params + Math.max(working, heads[last] as number));
  };
}

/** Elements a token: the residual and its norm, beside query, key and value or the outputs of the MLP's linears. */
function blockElements({ width, mlpOutputs }: AnchorCosts): number {
  const mlp = mlpOutputs.reduce((sum, outputs) => sum + outputs, 0);
  return 2 * width + Math.max(3 * width, mlp);
}
