import { expect, test } from "vitest";
import { parseConfig } from "../../../ts/config/read.js";
import { DECODER_LORA_RATES } from "../../../ts/config/schema/method.js";
import { failure } from "../planning/helpers.js";

const tuned = `version: 1
family: smollm2
task: {type: instruction-tuning, data: {train: a.jsonl}}
`;
const classes = tuned.replace("instruction-tuning", "text-classification").replace("smollm2", "minilm");

test.each(["", "method: {name: esta}\n", "method: {name: lora}\n"])(
  "decoders that are tuned with instructions have lower rates: %j",
  (method) => {
    expect(parseConfig(tuned + method).method).toMatchObject({ lora: { ...DECODER_LORA_RATES, rank: 8 } });
    const other = parseConfig(classes + method).method;
    expect(other).toMatchObject({ lora: { learning_rate: 5e-3, stitching_learning_rate: 1e-2 } });
  },
);

test("nothing else of the method changes with the task", () => {
  const [one, other] = [parseConfig(tuned).method, parseConfig(classes).method];
  expect({ ...one, lora: null }).toEqual({ ...other, lora: null });
  for (const name of ["snnet", "snnetv2", "full", "linear-probe"]) {
    const method = `method: {name: ${name}}\n`;
    expect(parseConfig(tuned + method).method).toEqual(parseConfig(classes + method).method);
  }
});

test("what is given stays, in the file or by a flag, and goes before the paper's preset too", () => {
  const { method } = parseConfig(`${tuned}method: {name: esta, lora: {learning_rate: 0.3}}\n`);
  expect(method).toMatchObject({ lora: { learning_rate: 0.3, stitching_learning_rate: 1e-3 } });
  const flag = parseConfig(tuned, { set: ["method.lora.stitching_learning_rate=0.2"] }).method;
  expect(flag).toMatchObject({ lora: { learning_rate: 1e-3, stitching_learning_rate: 0.2 } });
  const preset = parseConfig(`${tuned}method: {name: esta, preset: paper}\n`).method;
  expect(preset).toMatchObject({ preset: "paper", lora: DECODER_LORA_RATES });
});

test.each(["method: 3\n", "method: {name: esta, lora: 3}\n", "method:\n"])(
  "mistakes stay mistakes: %j",
  async (text) => {
    expect((await failure(() => parseConfig(tuned + text))).message).toContain("method");
  },
);

const images = "version: 1\nfamily: tiny-vit\ntask: {type: image-classification, data: digits}\n";

test.each(["esta", "lora", "full", "linear-probe", "snnet", "snnetv2"])(
  "heads of %s start fitted with images, at random with texts, and as is said where it is said",
  (name) => {
    const heads = (text: string, more = "") =>
      parseConfig(`${text}method: {name: ${name}${more}}\n`).method.initialisation.heads;
    expect([images, classes, tuned].map((text) => heads(text))).toEqual([
      "least-squares",
      "random",
      "random",
    ]);
    expect(heads(classes, ", initialisation: {heads: least-squares}")).toBe("least-squares");
    expect(heads(images, ", initialisation: {heads: random}")).toBe("random");
  },
);

test("heads of the default method start so too", () => {
  expect([images, classes].map((text) => parseConfig(text).method.initialisation.heads)).toEqual([
    "least-squares",
    "random",
  ]);
});
