/**
 * Reads the shapes in a model's `config.json` in Hugging Face layout, or in the header of a GGUF file. What a
 * `config.json` leaves out has the default of the `transformers` configuration class, for that is what the weights
 * were saved with.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { FamilyKind } from "../config/schema/family.js";
import { EstaError } from "../errors.js";
import { DEFAULT_SEQUENCE_LENGTH } from "./architectures/bert.js";
import { isGguf, readGgufConfig } from "./gguf-config.js";

export interface ModelShape {
  kind: FamilyKind;
  /** What all models of a family must agree in, under the names of the inline family. */
  shared: Record<string, number | boolean | string>;
  /** What models of a family may differ in although the family states it once; the smallest is taken. */
  smallest: Record<string, number>;
  /** The anchor's own fields but for its name and weights. */
  anchor: Record<string, number | boolean>;
  /** Outputs of the model's own head; null for a language model. */
  classes: number | null;
}

const size = z.int().min(1);
const square = z
  .union([size, z.tuple([size, size]).refine(([height, width]) => height === width, "only square images")])
  .transform((value) => (typeof value === "number" ? value : value[0]));
const labels = { id2label: z.record(z.string(), z.unknown()).optional(), num_labels: size.optional() };
const sizes = (width: number, depth: number, heads: number) => ({
  hidden_size: size.default(width),
  num_hidden_layers: size.default(depth),
  num_attention_heads: size.default(heads),
});

const vitFile = z.object({
  ...sizes(768, 12, 12),
  ...labels,
  intermediate_size: size.default(3072),
  image_size: square.default(224),
  patch_size: square.default(16),
  num_channels: size.default(3),
  qkv_bias: z.boolean().default(true),
});
const dinov2File = z.object({
  ...sizes(768, 12, 12),
  ...labels,
  mlp_ratio: z.number().gt(0).default(4),
  image_size: square.default(224),
  patch_size: square.default(16),
  num_channels: size.default(3),
  qkv_bias: z.boolean().default(true),
  use_swiglu_ffn: z.boolean().default(false),
  num_register_tokens: z.int().min(0).default(4),
});
const bertFile = (vocabulary: number) =>
  z.object({
    ...sizes(768, 12, 12),
    ...labels,
    intermediate_size: size.default(3072),
    vocab_size: size.default(vocabulary),
    max_position_embeddings: size.default(512),
    type_vocab_size: z.int().min(0).default(2),
    pad_token_id: z.int().min(0).nullish(),
  });
const llamaFile = (vocabulary: number, mlpWidth: number, positions: number) =>
  z.object({
    ...sizes(4096, 32, 32),
    intermediate_size: size.default(mlpWidth),
    vocab_size: size.default(vocabulary),
    num_key_value_heads: size.nullish(),
    head_dim: size.nullish(),
    max_position_embeddings: size.default(positions),
    tie_word_embeddings: z.boolean().default(false),
    attention_bias: z.boolean().default(false),
    mlp_bias: z.boolean().default(false),
    rope_theta: z.number().optional(),
    rope_parameters: z.object({ rope_theta: z.number().optional() }).nullish(),
  });
type LlamaFile = z.infer<ReturnType<typeof llamaFile>>;

type Reader = (data: unknown, folder: string) => ModelShape;

/** By `model_type`; a new architecture is one more line. */
const READERS: Record<string, Reader> = {
  vit: (data) => vitShape(vitFile.parse(data), false),
  deit: (data) => vitShape(vitFile.parse(data), true),
  dinov2: (data, folder) => dinov2Shape({ ...dinov2File.parse(data), num_register_tokens: 0 }, folder),
  dinov2_with_registers: (data, folder) => dinov2Shape(dinov2File.parse(data), folder),
  bert: (data, folder) => bertShape(bertFile(30_522).parse(data), folder),
  roberta: (data, folder) => {
    const file = bertFile(50_265).parse(data);
    // Positions are counted from behind the padding token's number.
    const longest = file.max_position_embeddings - 1 - (file.pad_token_id ?? 1);
    const shape = bertShape(file, folder);
    return { ...shape, smallest: { sequence_length: Math.min(longest, DEFAULT_SEQUENCE_LENGTH) } };
  },
  llama: (data) => llamaShape(llamaFile(32_000, 11_008, 2048).parse(data), {}),
  mistral: (data) => {
    const file = llamaFile(32_000, 14_336, 131_072).parse(data);
    return llamaShape({ ...file, num_key_value_heads: file.num_key_value_heads ?? 8 }, {});
  },
  qwen2: (data) =>
    llamaShape(llamaFile(151_936, 22_016, 32_768).parse(data), { qkv_bias: true, output_bias: false }),
  qwen3: (data) => {
    const file = llamaFile(151_936, 22_016, 32_768).parse(data);
    return llamaShape({ ...file, head_dim: file.head_dim ?? 128 }, { qk_norm: true });
  },
};
export const MODEL_TYPES = Object.keys(READERS);

/**
 * The shape of the model in `path`, a folder or a GGUF file.
 *
 * @throws EstaError("configuration") without a readable config.json of a known `model_type`, or GGUF file of a known
 *   architecture.
 */
export function readModelConfig(path: string): ModelShape {
  const file = isGguf(path) ? path : join(path, "config.json");
  const data = isGguf(path) ? readGgufConfig(path) : readJson(file);
  const type = (data as { model_type?: unknown } | null)?.model_type;
  const reader = typeof type === "string" && Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  if (reader === undefined) {
    throw new EstaError(
      "configuration",
      `${file}: model_type: got ${JSON.stringify(type) ?? "nothing"}; allowed: ${MODEL_TYPES.join(", ")}`,
      { hint: "Describe another architecture of the same shape as an inline family to plan with it." },
    );
  }
  try {
    return reader(data, path);
  } catch (cause) {
    if (!(cause instanceof z.ZodError)) throw cause;
    const mistakes = cause.issues.map(({ path, message }) => `  ${path.join(".")}: ${message}`);
    throw new EstaError("configuration", `${file} states no usable shape:\n${mistakes.join("\n")}`, {
      hint: "Mend the file, or give the shapes as an inline family.",
      cause,
    });
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw new EstaError("configuration", missing ? `no such file: ${file}` : `cannot read ${file} as JSON`, {
      hint: "A model folder in Hugging Face layout holds config.json beside its weights.",
      cause,
    });
  }
}

/** Labels of the head; `transformers` gives two to a model that names none. */
const classesOf = (file: {
  id2label?: Record<string, unknown> | undefined;
  num_labels?: number | undefined;
}) => (file.id2label === undefined ? (file.num_labels ?? 2) : Object.keys(file.id2label).length);

function vitShape(file: z.infer<typeof vitFile>, distilled: boolean): ModelShape {
  const { image_size, patch_size, num_channels: channels, qkv_bias } = file;
  return {
    kind: "vit",
    shared: { image_size, patch_size, channels, qkv_bias, distillation_token: distilled },
    smallest: {},
    anchor: { ...anchorSizes(file), mlp_width: file.intermediate_size },
    classes: classesOf(file),
  };
}

/** DINOv2 stores the positions of its training size and is used at the size of its preprocessor. */
function dinov2Shape(file: z.infer<typeof dinov2File>, folder: string): ModelShape {
  const { patch_size, num_channels: channels, qkv_bias, hidden_size: width, use_swiglu_ffn: swiglu } = file;
  const inner = Math.floor(width * file.mlp_ratio);
  const mlpWidth = swiglu ? Math.floor((Math.floor((inner * 2) / 3) + 7) / 8) * 8 : inner;
  return {
    kind: "dinov2",
    shared: {
      image_size: preprocessedSize(folder) ?? file.image_size,
      patch_size,
      channels,
      qkv_bias,
      position_grid: Math.floor(file.image_size / patch_size),
      registers: file.num_register_tokens,
    },
    smallest: {},
    anchor: { ...anchorSizes(file), mlp_width: mlpWidth, swiglu },
    classes: classesOf(file),
  };
}

/** Side of the images that the model's preprocessor makes, where it has one. */
function preprocessedSize(folder: string): number | undefined {
  const file = join(folder, "preprocessor_config.json");
  if (!existsSync(file)) return undefined;
  const side = z.object({ height: size, width: size });
  const schema = z.object({ do_center_crop: z.boolean().default(true), crop_size: side.optional() });
  const { data } = schema.safeParse(readJson(file));
  const crop = data?.do_center_crop ? data.crop_size : undefined;
  return crop !== undefined && crop.height === crop.width ? crop.height : undefined;
}

function bertShape(file: z.infer<ReturnType<typeof bertFile>>, folder: string): ModelShape {
  return {
    kind: "bert",
    shared: {
      vocabulary_size: file.vocab_size,
      max_positions: file.max_position_embeddings,
      type_vocabulary_size: file.type_vocab_size,
      pooling: poolsByMean(folder) ? "mean" : "pooler",
    },
    smallest: {},
    anchor: { ...anchorSizes(file), mlp_width: file.intermediate_size },
    classes: classesOf(file),
  };
}

/** Sentence encoders say beside their weights how they pool; those that take the mean were trained to. */
function poolsByMean(folder: string): boolean {
  const file = join(folder, "1_Pooling", "config.json");
  if (!existsSync(file)) return false;
  return z.object({ pooling_mode_mean_tokens: z.literal(true) }).safeParse(readJson(file)).success;
}

/**
 * `attention_bias` puts biases on all four linears of attention, but where the architecture says otherwise.
 */
function llamaShape(file: LlamaFile, fixed: Record<string, boolean>): ModelShape {
  const heads = file.num_attention_heads;
  return {
    kind: "llama",
    shared: {
      vocabulary_size: file.vocab_size,
      qkv_bias: file.attention_bias,
      output_bias: file.attention_bias,
      mlp_bias: file.mlp_bias,
      ...fixed,
    },
    smallest: {
      max_positions: file.max_position_embeddings,
      rope_theta: file.rope_theta ?? file.rope_parameters?.rope_theta ?? 10_000,
    },
    anchor: {
      ...anchorSizes(file),
      mlp_width: file.intermediate_size,
      kv_heads: file.num_key_value_heads ?? heads,
      head_dim: file.head_dim ?? Math.floor(file.hidden_size / heads),
      tie_embeddings: file.tie_word_embeddings,
    },
    classes: null,
  };
}

const anchorSizes = (file: {
  hidden_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
}) => ({
  width: file.hidden_size,
  depth: file.num_hidden_layers,
  heads: file.num_attention_heads,
});
