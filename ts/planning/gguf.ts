/**
 * Reads the header of a GGUF file: metadata, and names and shapes of its tensors; never the tensors themselves. The
 * layout is that of github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { EstaError } from "../errors.js";

/** Arrays are told by their length only: a vocabulary has a hundred thousand strings, and plans need none. */
export type GgufValue = number | boolean | string | { length: number };

export interface GgufHeader {
  metadata: ReadonlyMap<string, GgufValue>;
  /** Name -> shape as it is stored, the fastest-moving dimension first. */
  tensors: ReadonlyMap<string, readonly number[]>;
}

const CHUNK_BYTES = 1 << 20;
/** Of a tensor; ggml has four. */
const MOST_DIMENSIONS = 8;
const STRING = 8;
const ARRAY = 9;

/** Types of one size: bytes, and how they are read. */
const SCALARS: Readonly<Record<number, [bytes: number, read: (from: Buffer) => number | boolean]>> = {
  0: [1, (from) => from.readUInt8()],
  1: [1, (from) => from.readInt8()],
  2: [2, (from) => from.readUInt16LE()],
  3: [2, (from) => from.readInt16LE()],
  4: [4, (from) => from.readUInt32LE()],
  5: [4, (from) => from.readInt32LE()],
  6: [4, (from) => from.readFloatLE()],
  7: [1, (from) => from.readUInt8() !== 0],
  10: [8, (from) => Number(from.readBigUInt64LE())],
  11: [8, (from) => Number(from.readBigInt64LE())],
  12: [8, (from) => from.readDoubleLE()],
};

/** @throws EstaError("configuration") for a file that is missing, no GGUF, of an unknown version, or cut off. */
export function readGgufHeader(file: string): GgufHeader {
  const descriptor = open(file);
  try {
    const cursor = new Cursor(descriptor, file);
    const magic = cursor.take(4).toString("latin1");
    if (magic !== "GGUF") {
      throw damaged(file, `is no GGUF file: it begins with ${JSON.stringify(magic)}; allowed: "GGUF"`);
    }
    const version = cursor.take(4).readUInt32LE();
    if (version !== 2 && version !== 3) {
      throw damaged(file, `is GGUF of version ${version}; allowed: 2, 3, little-endian`);
    }
    const [tensorCount, metadataCount] = [cursor.count(), cursor.count()];
    const metadata = new Map<string, GgufValue>();
    for (let index = 0; index < metadataCount; index++) {
      const key = cursor.text();
      metadata.set(key, readValue(cursor, cursor.take(4).readUInt32LE()));
    }
    const tensors = new Map<string, readonly number[]>();
    for (let index = 0; index < tensorCount; index++) {
      const name = cursor.text();
      const dimensions = cursor.take(4).readUInt32LE();
      if (dimensions > MOST_DIMENSIONS) throw damaged(file, `holds a tensor of ${dimensions} dimensions`);
      tensors.set(
        name,
        Array.from({ length: dimensions }, () => cursor.count()),
      );
      cursor.take(12); // how it is quantised, and where it is
    }
    return { metadata, tensors };
  } finally {
    closeSync(descriptor);
  }
}

function open(file: string): number {
  const hint = "Name a GGUF file, or a model folder in Hugging Face layout.";
  if (!existsSync(file)) throw new EstaError("configuration", `no such file: ${file}`, { hint });
  try {
    if (!statSync(file).isFile()) throw new Error("it is no file");
    return openSync(file, "r");
  } catch (cause) {
    throw new EstaError("configuration", `cannot read ${file}: ${(cause as Error).message}`, { hint, cause });
  }
}

function readValue(cursor: Cursor, type: number): GgufValue {
  const scalar = SCALARS[type];
  if (scalar !== undefined) return scalar[1](cursor.take(scalar[0]));
  if (type === STRING) return cursor.text();
  if (type !== ARRAY) throw damaged(cursor.file, `holds a value of unknown type ${type}`);
  const element = cursor.take(4).readUInt32LE();
  const length = cursor.count();
  const size = SCALARS[element]?.[0];
  if (size !== undefined) cursor.skip(length * size);
  else for (let index = 0; index < length; index++) readValue(cursor, element);
  return { length };
}

/** Reads on through a file, a chunk at a time. */
class Cursor {
  readonly #size: number;
  #chunk = Buffer.alloc(0);
  /** Where the chunk starts in the file, and where we are. */
  #start = 0;
  #position = 0;

  constructor(
    readonly descriptor: number,
    readonly file: string,
  ) {
    this.#size = fstatSync(descriptor).size;
  }

  take(bytes: number): Buffer {
    const from = this.skip(bytes);
    if (from < this.#start || this.#position > this.#start + this.#chunk.length) {
      const chunk = Buffer.alloc(Math.min(Math.max(bytes, CHUNK_BYTES), this.#size - from));
      const read = readSync(this.descriptor, chunk, 0, chunk.length, from);
      this.#chunk = chunk.subarray(0, read);
      this.#start = from;
    }
    return this.#chunk.subarray(from - this.#start, this.#position - this.#start);
  }

  /** Goes on; gives where it was. */
  skip(bytes: number): number {
    const from = this.#position;
    if (from + bytes > this.#size) {
      throw damaged(this.file, `is cut off: its header goes on behind its end, at ${this.#size} bytes`);
    }
    this.#position += bytes;
    return from;
  }

  count(): number {
    return Number(this.take(8).readBigUInt64LE());
  }

  text(): string {
    return this.take(this.count()).toString("utf8");
  }
}

const damaged = (file: string, what: string) =>
  new EstaError("configuration", `${file} ${what}`, {
    hint: "Fetch the file again, or name a model folder in Hugging Face layout.",
  });
