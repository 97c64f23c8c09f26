/**
 * Estimate of the memory that training takes, from shapes alone (docs/costs.md states formula and limits),
 * and the number of parameters that each method trains. Everything is kept in fp32 but, under bf16 autocast,
 * the activations of the blocks, and frozen anchors where `frozen_precision` says so.
 */
import type { Config } from "../config/schema/index.js";
import { type AloneConfig, type EstaConfig, isAlone, type MethodConfig } from "../config/schema/method.js";
import { tunedAlone } from "./alone.js";
import {
  type AnchorCosts,
  blockBiasSize,
  blockLinearWeights,
  blockLoraSize,
  type FamilyCosts,
  stitchingLayerCost,
} from "./architectures/costs.js";
import { FP32_BYTES } from "./inference-memory.js";
import {
  isWholeAnchor,
  type PlanMemory,
  type Segment,
  type Stitch,
  type StitchingLayer,
} from "./plan-schema.js";

type FrozenPrecision = Config["training"]["frozen_precision"];

const BF16_BYTES = 2;
/** Of a weight that is kept as codes (python/esta_engine/nn/codes.py): int8 has scales a row besides. */
const INT8_BYTES = 1;
const NF4_BYTES = 1 / 2 + FP32_BYTES / 64;

export interface Space {
  stitches: readonly Stitch[];
  layers: readonly StitchingLayer[];
}

export interface Trainable {
  /** Parameters of the frozen weights; trained ones are not among them. */
  frozen: number;
  /** Trained, and shared by all stitches: LoRA, heads, and whatever else the method tunes. */
  shared: number;
  /** Biases of all stitches together. */
  biases: number;
  /** Biases of the stitch that has most. */
  largestBiases: number;
}

/** What a method trains on a space. Stitches of methods that tune them one by one are ids already. */
export function countTrainable(method: MethodConfig, costs: FamilyCosts, space: Space): Trainable {
  const { anchors, classes } = costs;
  const heads = sum(anchors, (anchor) => headSize(anchor, classes));
  const layerWeights = sum(space.layers, (layer) => layerSize(costs, layer));
  const weights = anchorWeights(costs) + layerWeights;
  switch (method.name) {
    case "snnet":
      return { frozen: 0, shared: weights + heads, biases: 0, largestBiases: 0 };
    case "snnetv2": {
      const stitching = sum(space.layers, ({ in_width, out_width }) => {
        return Math.min(method.stitching.rank, in_width, out_width) * (in_width + out_width) + out_width;
      });
      const frozen = sum(space.layers, ({ in_width, out_width }) => in_width * out_width);
      return { frozen, shared: anchorWeights(costs) + stitching + heads, biases: 0, largestBiases: 0 };
    }
    case "esta": {
      const { rank, targets, stitching_rank } = method.lora;
      const layerLora = sum(
        space.layers,
        ({ in_width, out_width }) => stitching_rank * (in_width + out_width),
      );
      const lora = sum(anchors, (anchor) => anchor.depth * blockLoraSize(anchor, rank, targets));
      const ofStitches = countBiases(method.stitch_bias.sites, costs, space.stitches);
      const shared = lora + layerLora + heads;
      if (!method.stitch_bias.shared) return { frozen: weights, shared, ...ofStitches };
      const ofLayers = sum(space.layers, ({ out_width }) => out_width);
      const ofBlocks = sum(anchors, (anchor) => anchor.depth * blockBiasSize(anchor));
      return { frozen: weights - ofLayers, shared: shared + ofLayers + ofBlocks, ...ofStitches };
    }
    case "lora":
    case "full":
    case "linear-probe":
      return countAlone(method, costs, space);
  }
}

/** Each tuned stitch has trained parts, stitching layers and a head of its own; the anchors are held once. */
function countAlone(method: AloneConfig, costs: FamilyCosts, space: Space): Trainable {
  const { anchors, classes } = costs;
  let frozen = anchorWeights(costs);
  let shared = 0;
  const tuned = tunedAlone(method).map((id) => at(space.stitches, id));
  // Where only whole anchors are tuned, they are so in place; else each stitch tunes copies.
  const inPlace = tuned.every(isWholeAnchor);
  for (const stitch of tuned) {
    const last = at(anchors, (stitch.route.at(-1) as Segment).anchor);
    const layers = stitch.stitching_layers.map((layer) => at(space.layers, layer));
    if (method.name === "full") {
      shared += stitch.params;
      if (inPlace) frozen -= stitch.params - headSize(last, classes);
      continue;
    }
    frozen += sum(layers, (layer) => layerSize(costs, layer));
    shared += headSize(last, classes);
    if (method.name === "linear-probe") continue;
    const { lora, bias } = method;
    shared += sum(layers, ({ in_width, out_width }) => lora.stitching_rank * (in_width + out_width));
    if (bias.train) shared += sum(layers, ({ out_width }) => out_width);
    for (const { anchor, start, end } of stitch.route) {
      const block = at(anchors, anchor);
      const biases = bias.train ? blockBiasSize(block) : 0;
      shared += (end - start) * (blockLoraSize(block, lora.rank, lora.targets) + biases);
    }
  }
  return { frozen, shared, biases: 0, largestBiases: 0 };
}

const layerSize = (costs: FamilyCosts, { front_anchor, end_anchor }: StitchingLayer): number =>
  stitchingLayerCost(costs, at(costs.anchors, front_anchor), at(costs.anchors, end_anchor)).params;

type Sites = EstaConfig["stitch_bias"]["sites"];

/** In one pass over the routes, for there may be many. */
function countBiases(sites: Sites, costs: FamilyCosts, stitches: readonly Stitch[]) {
  let biases = 0;
  let largestBiases = 0;
  if (sites === "none") return { biases, largestBiases };
  const blocks = costs.anchors.map(blockBiasSize);
  const widths = costs.anchors.map(({ width }) => width);
  for (const { route } of stitches) {
    const size = biasSize(sites, widths, blocks, route);
    biases += size;
    largestBiases = Math.max(largestBiases, size);
  }
  return { biases, largestBiases };
}

/**
 * Size of a stitch's own biases. `all`: every block and stitching layer of the route; `after-stitch`: its
 * stitching layers and every block behind the first (a whole anchor: all of its blocks); `stitching-layer`:
 * only the stitching layers.
 */
function biasSize(
  sites: Sites,
  widths: readonly number[],
  blocks: readonly number[],
  route: readonly Segment[],
): number {
  let size = 0;
  for (let index = 0; index < route.length; index++) {
    const { anchor, start, end } = route[index] as Segment;
    if (index > 0) size += widths[anchor] as number;
    const counted = sites === "all" || (sites === "after-stitch" && (index > 0 || isWholeAnchor({ route })));
    if (counted) size += (end - start) * (blocks[anchor] as number);
  }
  return size;
}

/** Bytes of one training step, and of running the stitch that needs most on one sequence. */
export function estimateMemory(config: Config, costs: FamilyCosts, space: Space): PlanMemory {
  const { method, training } = config;
  const trainable = countTrainable(method, costs, space);
  const drawn = method.name === "esta" ? method.stitches_per_step : 1;
  const withGradient = trainable.shared + Math.min(trainable.biases, drawn * trainable.largestBiases);
  const weightsBytes =
    FP32_BYTES * trainable.frozen -
    savedBytes(training.frozen_precision, costs) -
    waitingBytes(config, costs, space);
  const trainableBytes = FP32_BYTES * (trainable.shared + trainable.biases);
  const gradientBytes = FP32_BYTES * withGradient;
  const optimizerBytes = trainableBytes * optimizerStates(training.optimizer);
  const activationBytes = training.batch_size * activationsOfOne(config, costs, space);
  return {
    weights_bytes: weightsBytes,
    trainable_bytes: trainableBytes,
    gradient_bytes: gradientBytes,
    optimizer_bytes: optimizerBytes,
    activation_bytes: activationBytes,
    training_bytes: weightsBytes + trainableBytes + gradientBytes + optimizerBytes + activationBytes,
    inference_bytes: space.stitches.reduce((most, stitch) => Math.max(most, stitch.memory_bytes), 0),
  };
}

/**
 * What keeping the frozen anchors in less than fp32 saves; the stitching layers' solutions stay in fp32. Codes
 * are for the linears of blocks, and the rest is in bf16 with them.
 */
function savedBytes(precision: FrozenPrecision, costs: FamilyCosts): number {
  if (precision === "fp32") return 0;
  const inHalf = (FP32_BYTES - BF16_BYTES) * anchorWeights(costs);
  if (precision === "bf16") return inHalf;
  const coded = sum(costs.anchors, (anchor) => anchor.depth * codedBytes(precision, anchor));
  return inHalf + BF16_BYTES * sum(costs.anchors, linearWeights) - coded;
}

/** Of the frozen blocks, what is not on the device while the route, or the whole anchor, with most of them is. */
function waitingBytes({ method, training }: Config, costs: FamilyCosts, space: Space): number {
  if (training.off_route_blocks === "device") return 0;
  const block = costs.anchors.map((anchor) => blockBytes(training.frozen_precision, anchor));
  const whole = costs.anchors.map(({ depth }, anchor) => depth * at(block, anchor));
  let present = 0;
  for (const { route } of runStitches(method, space)) {
    present = Math.max(
      present,
      sum(route, ({ anchor, start, end }) => (end - start) * at(block, anchor)),
    );
    if (isWholeAnchor({ route })) continue;
    // The stitching layers are fitted on whole anchors.
    for (const { anchor } of route) present = Math.max(present, at(whole, anchor));
  }
  return sum(whole, (bytes) => bytes) - present;
}

function blockBytes(precision: FrozenPrecision, anchor: AnchorCosts): number {
  const { params } = anchor.block;
  if (precision === "fp32") return FP32_BYTES * params;
  if (precision === "bf16") return BF16_BYTES * params;
  return BF16_BYTES * (params - blockLinearWeights(anchor)) + codedBytes(precision, anchor);
}

const linearWeights = (anchor: AnchorCosts): number => anchor.depth * blockLinearWeights(anchor);

/** Codes and scales of one block's linears. */
function codedBytes(precision: "int8" | "nf4", anchor: AnchorCosts): number {
  const weights = blockLinearWeights(anchor);
  if (precision === "int8") return INT8_BYTES * weights + FP32_BYTES * blockBiasSize(anchor);
  return Math.ceil(NF4_BYTES * weights);
}

const optimizerStates = ({ name, momentum }: Config["training"]["optimizer"]): number =>
  name === "adamw" ? 2 : momentum > 0 ? 1 : 0;

/** The stitches that training runs. */
function runStitches(method: MethodConfig, space: Space): readonly Stitch[] {
  return isAlone(method) ? tunedAlone(method).map((id) => at(space.stitches, id)) : space.stitches;
}

/** Whether something trained reads the inputs of the MLP's linears. */
function keepsMlpInputs(method: MethodConfig): boolean {
  return !("lora" in method) || method.lora.targets.includes("mlp");
}

/** Activations that the route with most of them keeps for the backward pass, for one sequence. */
function activationsOfOne({ method, training }: Config, costs: FamilyCosts, space: Space): number {
  const head = 2 * FP32_BYTES * costs.headRows * costs.classes;
  // Nothing before the head is trained, so nothing before it is kept.
  if (method.name === "linear-probe") return head;
  const stitches = runStitches(method, space);
  const saved = keepsMlpInputs(method) ? "tuned" : "frozen";
  const bytes = costs.tokens * (training.precision === "bf16" ? BF16_BYTES : FP32_BYTES);
  const block = costs.anchors.map((anchor) => anchor.savedElements[saved] * bytes);
  // With checkpointing a block keeps its input only, and one at a time is recomputed.
  const checkpointed = training.activation_checkpointing;
  const kept = checkpointed ? costs.anchors.map(({ width }) => width * bytes) : block;
  let most = 0;
  for (const { route } of stitches) {
    let size = 0;
    let recomputed = 0;
    for (let index = 0; index < route.length; index++) {
      const { anchor, start, end } = route[index] as Segment;
      size += (end - start) * (kept[anchor] as number);
      if (checkpointed) recomputed = Math.max(recomputed, block[anchor] as number);
    }
    most = Math.max(most, size + recomputed);
  }
  // The head's outputs and their gradient: little but for a language model's vocabulary.
  return most + head;
}

/**
 * Bytes of parameters, gradients and AdamW's two moments of everything trained: what SN-Net's full tuning
 * pays for the whole network and ESTA for its adapters. With `frozen`, the frozen weights are counted in.
 */
export function trainableBytes(trainable: Trainable, { frozen = false } = {}): number {
  const trained = trainable.shared + trainable.biases;
  return FP32_BYTES * (4 * trained + (frozen ? trainable.frozen : 0));
}

const headSize = ({ headFeatures }: AnchorCosts, classes: number): number =>
  headFeatures === 0 ? 0 : headFeatures * classes + classes;

/** Without the heads that a task replaces. */
const anchorWeights = ({ anchors, classes }: FamilyCosts): number =>
  sum(anchors, (anchor) => wholeParams(anchor) - headSize(anchor, classes));

const wholeParams = ({ stem, block, head, depth, tiedParams }: AnchorCosts): number =>
  stem.params + depth * block.params + head.params - tiedParams;

/** An element that is known to exist: ids are positions. */
function at<T>(list: readonly T[], index: number): T {
  return list[index] as T;
}

function sum<T>(list: readonly T[], size: (item: T) => number): number {
  return list.reduce((total, item) => total + size(item), 0);
}
