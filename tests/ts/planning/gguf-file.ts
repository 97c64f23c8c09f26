/** Writes headers of GGUF files, byte by byte as the format's description has them. */
type Value = number | boolean | string | readonly string[];

export interface Content {
  magic?: string;
  version?: number;
  metadata?: Record<string, Value>;
  /** Name -> shape, the fastest-moving dimension first. */
  tensors?: Record<string, readonly number[]>;
}

export function ggufBytes({ magic = "GGUF", version = 3, metadata = {}, tensors = {} }: Content): Buffer {
  const head = [Buffer.from(magic, "latin1"), u32(version)];
  const counts = [u64(Object.keys(tensors).length), u64(Object.keys(metadata).length)];
  const pairs = Object.entries(metadata).flatMap(([key, value]) => [text(key), ...typed(value)]);
  const infos = Object.entries(tensors).flatMap(([name, shape]) => [
    text(name),
    u32(shape.length),
    ...shape.map(u64),
    u32(0), // float32
    u64(0), // its offset
  ]);
  return Buffer.concat([...head, ...counts, ...pairs, ...infos]);
}

/** Whole numbers as uint32, others as float32, as llama.cpp writes them. */
function typed(value: Value): Buffer[] {
  if (typeof value === "boolean") return [u32(7), Buffer.from([Number(value)])];
  if (typeof value === "string") return [u32(8), text(value)];
  if (typeof value !== "number") return [u32(9), u32(8), u64(value.length), ...value.map(text)];
  if (Number.isInteger(value)) return [u32(4), u32(value)];
  const float = Buffer.alloc(4);
  float.writeFloatLE(value);
  return [u32(6), float];
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([u64(bytes.length), bytes]);
}
