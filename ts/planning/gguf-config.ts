/**
 * What a GGUF file's header says of the model, as the `config.json` that it stands for: the same readers then take it
 * to a shape. llama.cpp's names are mapped as `transformers` maps them when it loads the file.
 */
import { EstaError } from "../errors.js";
import { type GgufHeader, readGgufHeader } from "./gguf.js";

/** `general.architecture` that is a `model_type` of ours, too; llama.cpp calls Mistral models llama. */
export const GGUF_ARCHITECTURES = ["llama", "qwen2", "qwen3"] as const;

const NAMES = {
  hidden_size: "embedding_length",
  num_hidden_layers: "block_count",
  num_attention_heads: "attention.head_count",
  intermediate_size: "feed_forward_length",
  max_position_embeddings: "context_length",
} as const;

export const isGguf = (path: string): boolean => path.toLowerCase().endsWith(".gguf");

/** @throws EstaError("configuration") for a file that is no GGUF, of another architecture, or without shapes. */
export function readGgufConfig(file: string): Record<string, unknown> {
  const header = readGgufHeader(file);
  const architecture = header.metadata.get("general.architecture");
  if (!GGUF_ARCHITECTURES.some((known) => known === architecture)) {
    throw new EstaError(
      "configuration",
      `${file}: general.architecture: got ${JSON.stringify(architecture) ?? "nothing"}; allowed: ${GGUF_ARCHITECTURES.join(", ")}`,
      { hint: "Describe another architecture of the same shape as an inline family to plan with it." },
    );
  }
  const value = (name: string) => header.metadata.get(`${architecture}.${name}`);
  const lacking = Object.values(NAMES).filter((name) => value(name) === undefined);
  if (lacking.length > 0) {
    throw new EstaError(
      "configuration",
      `${file} lacks ${lacking.map((name) => `${architecture}.${name}`).join(", ")}`,
      { hint: "Convert the model again, or name its folder in Hugging Face layout." },
    );
  }
  return {
    model_type: architecture,
    ...Object.fromEntries(Object.entries(NAMES).map(([ours, name]) => [ours, value(name)])),
    num_key_value_heads: value("attention.head_count_kv"),
    head_dim: value("attention.key_length") ?? value("rope.dimension_count"),
    rope_theta: value("rope.freq_base"),
    vocab_size: vocabulary(header, value("vocab_size")),
    tie_word_embeddings: !header.tensors.has("output.weight"),
  };
}

/** Rows of the embedding, which may be padded beyond the tokens that there are. */
function vocabulary({ metadata, tensors }: GgufHeader, stated: unknown): unknown {
  const tokens = metadata.get("tokenizer.ggml.tokens");
  return (
    stated ??
    tensors.get("token_embd.weight")?.[1] ??
    (typeof tokens === "object" ? tokens.length : undefined)
  );
}
