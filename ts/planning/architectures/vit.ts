/**
 * ViT and DeiT: `ViTForImageClassification`, or `DeiTForImageClassification` where there is a distillation
 * token. The closed form reproduces the table that SN-Net published for DeiT-Ti/S/B (arXiv 2302.06586).
 */
import type { InlineFamily } from "../../config/schema/family.js";
import { type AnchorCosts, type Cost, type FamilyCosts, MACS_PER_NORM_ELEMENT } from "./costs.js";

export type VitFamily = Extract<InlineFamily, { kind: "vit" }>;

export function vitCosts(family: VitFamily, classes: number): FamilyCosts {
  const patches = (family.image_size / family.patch_size) ** 2;
  const prefix = family.distillation_token ? 2 : 1;
  const tokens = patches + prefix;
  const { kind: _kind, anchors, classes: _classes, ...input } = family;
  return {
    transformersClass: family.distillation_token ? "DeiTForImageClassification" : "ViTForImageClassification",
    tokens,
    costedTokens: tokens,
    headRows: 1,
    input,
    classes,
    anchors: anchors.map((anchor): AnchorCosts => {
      const { name, width, depth, heads } = anchor;
      const mlpWidth = anchor.mlp_width ?? 4 * width;
      return {
        name,
        width,
        depth,
        heads,
        mlpWidth,
        extra: {},
        stem: patchEmbedding(family, width, (prefix + tokens) * width),
        block: imageBlock({
          tokens,
          width,
          mlpInner: mlpWidth,
          mlpOutputs: [mlpWidth, width],
          qkvBias: family.qkv_bias,
        }),
        // The final norm sees every token, the head the pooled one.
        head: {
          matmulMacs: width * classes,
          normMacs: MACS_PER_NORM_ELEMENT * tokens * width,
          params: 2 * width + width * classes + classes,
        },
        tiedParams: 0,
        attention: squareAttention(width),
        mlpOutputs: [mlpWidth, width],
        headFeatures: width,
        savedElements: savedByImageBlock(width, mlpWidth),
      };
    }),
  };
}

interface PatchInput {
  image_size: number;
  patch_size: number;
  channels: number;
}

/** The convolution over patches, and `tokenParams` for the learned tokens and positions. */
export function patchEmbedding(family: PatchInput, width: number, tokenParams: number): Cost {
  const patches = (family.image_size / family.patch_size) ** 2;
  const pixels = family.patch_size ** 2 * family.channels;
  return { matmulMacs: patches * pixels * width, normMacs: 0, params: (pixels + 1) * width + tokenParams };
}

export interface ImageBlock {
  tokens: number;
  width: number;
  /** Inputs of the MLP's last linear. */
  mlpInner: number;
  /** Outputs of the MLP's first linear (twice the inner width for SwiGLU) and of its last. */
  mlpOutputs: readonly [number, number];
  qkvBias: boolean;
}

/**
 * A pre-norm block: two norms, attention, MLP; every linear has a bias but, perhaps, query, key and value.
 */
export function imageBlock({ tokens, width, mlpInner, mlpOutputs, qkvBias }: ImageBlock): Cost {
  const weights = 4 * width * width + width * mlpOutputs[0] + mlpInner * mlpOutputs[1];
  const biases = (qkvBias ? 3 : 0) * width + width + mlpOutputs[0] + mlpOutputs[1];
  return {
    matmulMacs: tokens * weights + 2 * tokens * tokens * width,
    normMacs: 2 * MACS_PER_NORM_ELEMENT * tokens * width,
    params: weights + biases + 4 * width,
  };
}

export function squareAttention(width: number): AnchorCosts["attention"] {
  const linear = { inputs: width, outputs: width };
  return { query: linear, key: linear, value: linear, output: linear };
}

/**
 * Elements a token kept for the backward pass, with fused attention (scores are recomputed). Frozen: inputs
 * of both norms, the first norm's output (LoRA's input), query, key, value, attention's output, the input of
 * GELU. Trained weights need the inputs of both MLP linears besides.
 */
export function savedByImageBlock(width: number, mlpWidth: number): AnchorCosts["savedElements"] {
  return { frozen: 7 * width + mlpWidth, tuned: 8 * width + 2 * mlpWidth };
}
