/**
 * DINOv2: `Dinov2ForImageClassification`, `Dinov2WithRegistersForImageClassification` where there are
 * registers. Against ViT: layer scale, a mask token, a position grid that may be larger than the input's, a
 * SwiGLU MLP in the giant, and a head on the class token beside the mean of the patches (arXiv 2304.07193).
 */
import type { InlineFamily } from "../../config/schema/family.js";
import { type AnchorCosts, type FamilyCosts, MACS_PER_NORM_ELEMENT } from "./costs.js";
import { imageBlock, patchEmbedding, savedByImageBlock, squareAttention } from "./vit.js";

export type Dinov2Family = Extract<InlineFamily, { kind: "dinov2" }>;

/** Inner width of DINOv2's SwiGLU: two thirds of four times the width, rounded up to a multiple of 8. */
export const swigluWidth = (width: number): number => Math.floor((Math.floor((8 * width) / 3) + 7) / 8) * 8;

export function dinov2Costs(family: Dinov2Family, classes: number): FamilyCosts {
  const grid = family.image_size / family.patch_size;
  const storedGrid = family.position_grid ?? grid;
  const tokens = grid * grid + 1 + family.registers;
  const { kind: _kind, anchors, classes: _classes, ...input } = family;
  return {
    transformersClass:
      family.registers > 0 ? "Dinov2WithRegistersForImageClassification" : "Dinov2ForImageClassification",
    tokens,
    costedTokens: tokens,
    headRows: 1,
    input: { ...input, position_grid: storedGrid },
    classes,
    anchors: anchors.map((anchor): AnchorCosts => {
      const { name, width, depth, heads } = anchor;
      const swiglu = anchor.swiglu ?? family.swiglu;
      const mlpWidth = anchor.mlp_width ?? (swiglu ? swigluWidth(width) : 4 * width);
      const mlpOutputs = [swiglu ? 2 * mlpWidth : mlpWidth, width] as const;
      const block = imageBlock({ tokens, width, mlpInner: mlpWidth, mlpOutputs, qkvBias: family.qkv_bias });
      // Class token, mask token, registers, and positions of the stored grid and the class token.
      const tokenParams = (2 + family.registers + storedGrid * storedGrid + 1) * width;
      return {
        name,
        width,
        depth,
        heads,
        mlpWidth,
        extra: { swiglu },
        stem: patchEmbedding(family, width, tokenParams),
        block: { ...block, params: block.params + 2 * width }, // layer scale
        head: {
          matmulMacs: 2 * width * classes,
          normMacs: MACS_PER_NORM_ELEMENT * tokens * width,
          params: 2 * width + 2 * width * classes + classes,
        },
        tiedParams: 0,
        attention: squareAttention(width),
        mlpOutputs,
        headFeatures: 2 * width,
        savedElements: withLayerScale(width, swiglu ? savedBySwiglu(width, mlpWidth) : undefined, mlpWidth),
      };
    }),
  };
}

/**
 * Layer scale multiplies the output of attention and of the MLP; its scales are trained only in full tuning.
 */
function withLayerScale(width: number, swiglu: AnchorCosts["savedElements"] | undefined, mlpWidth: number) {
  const { frozen, tuned } = swiglu ?? savedByImageBlock(width, mlpWidth);
  return { frozen, tuned: tuned + 2 * width };
}

/** SwiGLU keeps the gate's input and both factors of the product; trained weights need the product too. */
const savedBySwiglu = (width: number, mlpWidth: number) => ({
  frozen: 7 * width + 3 * mlpWidth,
  tuned: 8 * width + 4 * mlpWidth,
});
