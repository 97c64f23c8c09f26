/** GGUF files as anchors: the header in, shapes and references out; no byte of a damaged file is trusted. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { EstaError } from "../../../ts/errors.js";
import { readGgufHeader } from "../../../ts/planning/gguf.js";
import { scratch } from "../../scratch.js";
import { type Content, ggufBytes } from "./gguf-file.js";
import { failure, plan, planIn } from "./helpers.js";

const here = scratch();
let files = 0;

function write(content: Content | Buffer, name = `model-${files++}.gguf`): string {
  const file = join(here, name);
  writeFileSync(file, Buffer.isBuffer(content) ? content : ggufBytes(content));
  return file;
}

/** A decoder of 4 blocks, 32 wide, whose keys and values have 2 of its 4 heads. */
function decoder(architecture = "llama", more: Content["metadata"] = {}): Required<Content> {
  const key = (name: string) => `${architecture}.${name}`;
  return {
    magic: "GGUF",
    version: 3,
    metadata: {
      "general.architecture": architecture,
      "tokenizer.ggml.tokens": ["<s>", "a", "é", ...Array.from({ length: 97 }, (_, i) => `t${i}`)],
      [key("embedding_length")]: 32,
      [key("block_count")]: 4,
      [key("attention.head_count")]: 4,
      [key("attention.head_count_kv")]: 2,
      [key("feed_forward_length")]: 80,
      [key("context_length")]: 64,
      [key("rope.freq_base")]: 10_000,
      [key("attention.layer_norm_rms_epsilon")]: 0.5,
      ...more,
    },
    tensors: { "token_embd.weight": [32, 100], "blk.0.attn_q.weight": [32, 32] },
  };
}

test("metadata of every type and the tensors' shapes are read, arrays by their length", () => {
  const header = readGgufHeader(
    write({
      metadata: { count: 7, flag: true, name: "Ünï", small: 0.25, words: ["a", "bc", ""], last: 1 },
      tensors: { one: [3, 4], two: [5] },
    }),
  );
  expect(Object.fromEntries(header.metadata)).toEqual({
    count: 7,
    flag: true,
    name: "Ünï",
    small: 0.25,
    words: { length: 3 },
    last: 1,
  });
  expect(Object.fromEntries(header.tensors)).toEqual({ one: [3, 4], two: [5] });
});

test("a header larger than what is read at once is read whole", () => {
  const words = Array.from({ length: 3000 }, (_, index) => "x".repeat(997) + index);
  const header = readGgufHeader(write({ metadata: { words, behind: 5 }, tensors: { last: [2] } }));
  expect(header.metadata.get("behind")).toBe(5);
  expect(header.tensors.get("last")).toEqual([2]);
});

test("a GGUF file plans as the config.json that it stands for", async () => {
  const folder = join(here, "folder");
  mkdirSync(folder);
  const settings = {
    model_type: "llama",
    vocab_size: 100,
    hidden_size: 32,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    intermediate_size: 80,
    max_position_embeddings: 64,
    tie_word_embeddings: true,
  };
  writeFileSync(join(folder, "config.json"), JSON.stringify(settings));
  const file = write(decoder(), "a model.Q4_0.gguf");
  const [fromFile, fromFolder] = [await plan({ family: [file] }), await plan({ family: [folder] })];
  const [anchor, other] = [fromFile.anchors[0], fromFolder.anchors[0]];
  expect(anchor).toEqual({
    ...other,
    name: "a-model.Q4_0",
    weights: { source: "gguf", location: file, revision: null },
  });
  expect(fromFile.family.input).toEqual(fromFolder.family.input);
});

test("an output of its own unties the head, and architectures keep their own rules", async () => {
  const untied = decoder();
  untied.tensors = { ...untied.tensors, "output.weight": [32, 100] };
  const qwen3 = decoder("qwen3", { "qwen3.attention.key_length": 16 });
  const [tied, own, qwen2, wide] = [
    (await plan({ family: [write(decoder())] })).anchors[0],
    (await plan({ family: [write(untied)] })).anchors[0],
    (await plan({ family: [write(decoder("qwen2"))] })).family.input,
    await plan({ family: [write(qwen3)] }),
  ];
  expect([tied?.extra.tie_embeddings, own?.extra.tie_embeddings]).toEqual([true, false]);
  expect((own?.params ?? 0) - (tied?.params ?? 0)).toBe(3200);
  expect(qwen2).toMatchObject({ qkv_bias: true, output_bias: false });
  expect(wide.family.input.qk_norm).toBe(true);
  expect(wide.anchors[0]?.extra.head_dim).toBe(16);
});

test("files beside the configuration stitch, and an inline anchor may name one", async () => {
  write(decoder(), "small.gguf");
  write(decoder("llama", { "llama.embedding_length": 64 }), "large.gguf");
  const listed = await planIn(here, { family: ["small.gguf", "large.gguf"] });
  expect(listed.anchors.map(({ weights }) => weights?.location)).toEqual([
    join(here, "small.gguf"),
    join(here, "large.gguf"),
  ]);
  expect(listed.totals.stitches).toBeGreaterThan(2);
  const anchor = { name: "one", width: 32, depth: 4, heads: 4, mlp_width: 80, weights: "small.gguf" };
  const inline = await planIn(here, { family: { kind: "llama", vocabulary_size: 100, anchors: [anchor] } });
  expect(inline.anchors[0]?.weights).toEqual({
    source: "gguf",
    location: join(here, "small.gguf"),
    revision: null,
  });
});

test.each<[string, Content | Buffer, RegExp]>([
  ["another format", Buffer.from("PK\x03\x04 a zip"), /begins with "PK.*allowed: "GGUF"/],
  ["an empty file", Buffer.alloc(0), /cut off/],
  ["an older version", { ...decoder(), version: 1 }, /version 1; allowed: 2, 3/],
  ["the other byte order", { ...decoder(), version: 3 << 24 }, /little-endian/],
  ["an unknown architecture", decoder("mamba"), /"mamba"; allowed: llama, qwen2, qwen3/],
  ["no architecture", { metadata: { x: 1 } }, /general\.architecture: got nothing/],
  [
    "no shapes",
    { metadata: { "general.architecture": "llama", "llama.block_count": 2 } },
    /lacks llama\.embedding_length, llama\.attention\.head_count/,
  ],
  ["a size of the wrong type", decoder("llama", { "llama.block_count": "four" }), /num_hidden_layers/],
])("%s is told with the file's name", async (_, content, message) => {
  const file = write(content);
  const error = await failure(() => plan({ family: [file] }));
  expect(error).toMatchObject({ code: "configuration" });
  expect(error.message).toContain(file);
  expect(error.message).toMatch(message);
});

test("a missing file and a folder of that name are told", async () => {
  mkdirSync(join(here, "folder.gguf"));
  const missing = await failure(() => plan({ family: [join(here, "none.gguf")] }));
  expect(missing.message).toMatch(/no such file: .*none\.gguf/);
  expect((await failure(() => plan({ family: [join(here, "folder.gguf")] }))).message).toMatch(/cannot read/);
});

test("whatever bytes a file holds, it is read or refused with one of our errors", () => {
  const whole = ggufBytes(decoder());
  const byte = fc.nat({ max: 255 });
  fc.assert(
    fc.property(
      fc.nat({ max: whole.length }),
      fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), byte), { maxLength: 4 }),
      (length, changes) => {
        const bytes = Buffer.from(whole);
        for (const [position, value] of changes) bytes[position] = value;
        const file = write(bytes.subarray(0, length), "fuzzed.gguf");
        try {
          readGgufHeader(file);
        } catch (error) {
          expect(error).toBeInstanceOf(EstaError);
        }
      },
    ),
    { numRuns: 300 },
  );
});
