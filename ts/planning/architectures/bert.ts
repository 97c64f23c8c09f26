/**
 * BERT-like encoders: `BertForSequenceClassification` (arXiv 1810.04805), without the pooler where the family
 * has none. MACs are per token of a full sequence; pooler and head, which see one token of it, count their
 * share of a token, rounded up.
 */
import type { InlineFamily } from "../../config/schema/family.js";
import { type AnchorCosts, type FamilyCosts, MACS_PER_NORM_ELEMENT } from "./costs.js";
import { imageBlock, savedByImageBlock, squareAttention } from "./vit.js";

export type BertFamily = Extract<InlineFamily, { kind: "bert" }>;

/** Sequence length of text unless given, where positions reach that far. */
export const DEFAULT_SEQUENCE_LENGTH = 2048;

export function sequenceLength(family: {
  sequence_length?: number | undefined;
  max_positions: number;
}): number {
  return family.sequence_length ?? Math.min(DEFAULT_SEQUENCE_LENGTH, family.max_positions);
}

export function bertCosts(family: BertFamily, classes: number): FamilyCosts {
  const tokens = sequenceLength(family);
  const { kind: _kind, anchors, classes: _classes, pooling, ...input } = family;
  const pooler = usesPooler(family);
  return {
    transformersClass: "BertForSequenceClassification",
    tokens,
    costedTokens: 1,
    headRows: 1,
    input: { ...input, ...(pooling === undefined ? {} : { pooling }), sequence_length: tokens },
    classes,
    anchors: anchors.map((anchor): AnchorCosts => {
      const { name, width, depth, heads } = anchor;
      const mlpWidth = anchor.mlp_width ?? 4 * width;
      const embeddings = family.vocabulary_size + family.max_positions + family.type_vocabulary_size;
      // The block of an image model at one token, with attention over the whole sequence.
      const one = imageBlock({
        tokens: 1,
        width,
        mlpInner: mlpWidth,
        mlpOutputs: [mlpWidth, width],
        qkvBias: true,
      });
      return {
        name,
        width,
        depth,
        heads,
        mlpWidth,
        extra: {},
        stem: {
          matmulMacs: 0,
          normMacs: MACS_PER_NORM_ELEMENT * width,
          params: embeddings * width + 2 * width,
        },
        block: { ...one, matmulMacs: one.matmulMacs + 2 * (tokens - 1) * width },
        head: {
          matmulMacs: Math.ceil(bertHeadMacs(width, classes, pooler) / tokens),
          normMacs: 0,
          params: (pooler ? width * width + width : 0) + width * classes + classes,
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

/** Whether the class token passes the model's pooler before the head. */
const usesPooler = ({ pooler, pooling }: BertFamily): boolean =>
  pooling === undefined ? pooler : pooling === "pooler";

/** MACs of pooler and head for a whole sequence. */
export const bertHeadMacs = (width: number, classes: number, pooler: boolean): number =>
  (pooler ? width * width : 0) + width * classes;
