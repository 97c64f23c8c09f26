/** Text tasks in the plan: which families they fit, how long their texts are, what their heads put out. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ConfigInput } from "../../../ts/config/schema/index.js";
import { planSchema } from "../../../ts/planning/plan-schema.js";
import { scratch } from "../../scratch.js";
import { failure, plan } from "./helpers.js";

function file(name: string, text: string): string {
  const path = join(scratch(), name);
  writeFileSync(path, text);
  return path;
}

const ENCODERS: ConfigInput["family"] = {
  kind: "bert",
  vocabulary_size: 100,
  max_positions: 64,
  anchors: [
    { name: "small", width: 8, depth: 3, heads: 2 },
    { name: "large", width: 16, depth: 3, heads: 2 },
  ],
};

const DECODERS: ConfigInput["family"] = {
  kind: "llama",
  vocabulary_size: 256,
  max_positions: 128,
  anchors: [
    { name: "small", width: 8, depth: 3, heads: 2, mlp_width: 16 },
    { name: "large", width: 16, depth: 3, heads: 2, mlp_width: 32 },
  ],
};

const classification = (data: object, rest: object = {}) =>
  ({ type: "text-classification", data, ...rest }) as ConfigInput["task"];
const tuning = (rest: object = {}) =>
  ({ type: "instruction-tuning", data: { train: "chats.jsonl" }, ...rest }) as ConfigInput["task"];

test("classes of texts are counted in CSV and JSONL, by the labels as they are written", async () => {
  const csv = file("train.csv", "text,label\nfine,1\nbad,01\nfine,1\n");
  const jsonl = file("train.jsonl", '{"body":"fine","kind":"good"}\n{"body":"bad","kind":"bad"}\n');
  const of = async (data: object) => (await plan({ family: ENCODERS, task: classification(data) })).family;
  expect((await of({ train: csv })).classes).toBe(2);
  expect((await of({ train: jsonl, columns: { text: "body", label: "kind" } })).classes).toBe(2);
});

test("instruction tuning keeps the vocabulary as its head, without a look at the data", async () => {
  const made = await plan({ family: DECODERS, task: tuning() });
  expect(made.family.classes).toBe(256);
  expect(planSchema.parse(made)).toEqual(made);
  const bare = await plan({ family: DECODERS });
  expect(made.stitches).toEqual(bare.stitches);
});

test("a task's sequence length overrides the family's, in the plan and in every cost", async () => {
  const family = { ...(DECODERS as object), sequence_length: 100 } as ConfigInput["family"];
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 128 }), async (length) => {
      const made = await plan({ family, task: tuning({ sequence_length: length }) });
      expect(made.family.tokens).toBe(length);
      expect(made.family.input).toMatchObject({ sequence_length: length, max_positions: 128 });
      // Only attention over the sequence depends on its length: 2 * N * width MACs a block and token.
      const space = { rule: "paired", keep_costlier_than_dearest_anchor: true } as const;
      const reference = await plan({ family, space, task: tuning({ sequence_length: 1 }) });
      const macsOf = new Map(reference.stitches.map(({ name, macs }) => [name, macs]));
      for (const { name, macs, route } of made.stitches) {
        const widths = route.reduce((sum, { anchor, start, end }) => {
          return sum + (end - start) * (made.anchors[anchor]?.width ?? Number.NaN);
        }, 0);
        expect(macs - (macsOf.get(name) ?? Number.NaN)).toBe(2 * (length - 1) * widths);
      }
    }),
    { numRuns: 20 },
  );
});

test("without one, the family's length holds", async () => {
  const family = { ...(DECODERS as object), sequence_length: 100 } as ConfigInput["family"];
  expect((await plan({ family, task: tuning() })).family.tokens).toBe(100);
});

test("a length beyond the positions is refused with both numbers", async () => {
  const error = await failure(() => plan({ family: DECODERS, task: tuning({ sequence_length: 129 }) }));
  expect(error).toMatchObject({ code: "configuration" });
  expect(error.message).toContain("task.sequence_length: got 129");
  expect(error.message).toContain("max_positions, 128");
});

test.each([
  ["texts for an image family", "tiny-vit", classification({ train: "x.csv" }), "kind vit", "kind bert"],
  ["conversations for an encoder", ENCODERS, tuning(), "kind bert", "kind llama"],
  [
    "images for a language model",
    DECODERS,
    { type: "image-classification", data: "digits" },
    "kind llama",
    "kind vit or dinov2",
  ],
] as const)("%s are refused, naming the kinds that fit", async (_what, family, task, got, allowed) => {
  const error = await failure(() => plan({ family: family as never, task: task as never }));
  expect(error).toMatchObject({ code: "configuration" });
  expect(error.message).toContain(`task.type: got ${(task as { type: string }).type}`);
  expect(error.message).toContain(got);
  expect(error.message).toContain(allowed);
});
