/** Which runs may stand side by side: those whose figures were measured on the same examples of one task. */
import { expect, test } from "vitest";
import { parseConfig } from "../../../ts/config/read.js";
import type { Evaluation } from "../../../ts/engine/run-files.js";
import { makePlan } from "../../../ts/planning/plan.js";
import { requireSameDraw, requireSameExamples } from "../../../ts/sdk/common-ground.js";
import { guessOf } from "../../../ts/sdk/measured.js";
import type { Run } from "../../../ts/sdk/open-run.js";

interface Settings {
  readonly task?: string;
  readonly family?: string;
  readonly method?: string;
  readonly axis?: string;
  readonly seed?: number;
  readonly examples?: number;
}

let count = 0;

async function runOf({ task = "data: digits", seed = 0, examples = 40, ...more }: Settings): Promise<Run> {
  const type = /^type:/.test(task) ? "" : "type: image-classification, ";
  const text = `version: 1
family: ${more.family ?? "tiny-vit"}
task: {${type}${task}}
method: {name: ${more.method ?? "esta"}}
training: {steps: 1, seeds: {data: ${seed}}}
deployment: {axis: ${more.axis ?? "macs"}}
`;
  const plan = await makePlan(parseConfig(text, { source: "test", baseFolder: "/" }));
  const evaluation: Evaluation = { schema_version: 1, stitch: 0, split: "test", metrics: {}, examples };
  count += 1;
  return {
    ...{ folder: `/runs/${count}`, plan, palette: undefined, environment: undefined },
    ...{ evaluations: [evaluation], latencies: [] },
    events: async () => [],
    samples: async () => [],
  };
}

const files = (more: string): string => `classes: 3, data: {train: /a.csv, ${more}}`;
const chats = (more: string): string =>
  `type: instruction-tuning, data: {train: /c.jsonl, test: /t.jsonl}, ${more}`;

test.each<[string, Settings, Settings, RegExp]>([
  ["data", {}, { task: files("test: 0.2") }, /differ in data: .*runs\/\d+ has digits, .*runs\/\d+ \/a.csv/],
  ["metric", {}, { task: "data: digits, metric: macro-f1" }, /in metric/],
  ["axis", {}, { axis: "params" }, /in axis: .* has macs, .* params/],
  [
    "classes",
    { task: files("test: 0.2") },
    { task: files("test: 0.2").replace("3", "4") },
    /in classes: .*has 3, .* 4/,
  ],
  [
    "test part",
    { task: files("test: 0.2") },
    { task: files("test: /b.csv") },
    /in the test part: .*a cut of .* \/b.csv/,
  ],
  [
    "share",
    { task: files("test: 0.2") },
    { task: files("test: 0.3") },
    /in the test part: .*test 0.2.*test 0.3/,
  ],
  // The test part is cut from what the validation part leaves.
  [
    "other share",
    { task: files("test: 0.2") },
    { task: files("test: 0.2, validation: 0.3") },
    /in the test part/,
  ],
  ["size", {}, { task: "data: digits, sizes: {test: 50}" }, /in task.sizes.test: .*has all, .* 50/],
  ["columns", { task: files("test: 0.2") }, { task: files("columns: {label: kind}") }, /in columns/],
  [
    "length",
    { family: "tiny-llama", task: chats("") },
    { family: "tiny-llama", task: chats("sequence_length: 32") },
    /in task.sequence_length/,
  ],
  [
    "template",
    { family: "tiny-llama", task: chats("") },
    { family: "tiny-llama", task: chats("template: plain") },
    /in task.template/,
  ],
  ["number", {}, { examples: 41 }, /the number of test examples: .*has 40, .* 41/],
])("runs that differ in the %s are refused", async (_name, one, other, message) => {
  const runs = [await runOf(one), await runOf(other)];
  expect(() => requireSameExamples(runs, "test")).toThrow(message);
  expect(() => requireSameDraw(runs, "test")).toThrow(message);
});

test("guessing is one over the classes, of choices what the engine noted, and else not known", async () => {
  const chat = (metric: string) => ({ family: "tiny-llama", task: chats(`metric: ${metric}`) });
  const noted = async (metric: string, guess?: number): Promise<Run> => {
    const run = await runOf(chat(metric));
    return { ...run, evaluations: run.evaluations.map((line) => ({ ...line, ...(guess ? { guess } : {}) })) };
  };
  expect(guessOf(await runOf({}), "test")).toBe(0.1);
  expect(guessOf(await runOf({ task: "data: digits, metric: macro-f1" }), "test")).toBeNull();
  expect(guessOf(await noted("choice-accuracy-normalised", 0.25), "test")).toBe(0.25);
  expect(guessOf(await noted("choice-accuracy-normalised", 0.25), "validation")).toBeNull();
  expect(guessOf(await noted("choice-accuracy"), "test")).toBeNull();
  expect(guessOf(await noted("perplexity", 0.25), "test")).toBeNull();
});

test("what does not touch the examples may differ", async () => {
  const training = await runOf({ task: "data: digits, sizes: {train: 100, validation: 20}" });
  const runs = [await runOf({}), await runOf({ method: "lora" }), training];
  expect(() => requireSameDraw(runs, "test")).not.toThrow();
  expect(() => requireSameDraw(runs, "validation")).toThrow(/task.sizes.validation: .*has all, .* 20/);
  const own = [files("test: /b.csv"), files("test: /b.csv, validation: 0.3")];
  const held = await Promise.all(own.map((task) => runOf({ task })));
  expect(() => requireSameDraw(held, "test")).not.toThrow();
});

test("runs of other seeds are paired where the seed draws the part, and stand side by side only where it does not", async () => {
  const cut = await Promise.all([0, 1].map((seed) => runOf({ seed, examples: 40 + seed })));
  expect(() => requireSameExamples(cut, "test")).not.toThrow();
  expect(() => requireSameDraw(cut, "test")).toThrow(/the seed that draws the test part: .*has 0, .* 1/);
  const held = await Promise.all([0, 1].map((seed) => runOf({ seed, task: files("test: /b.csv") })));
  expect(() => requireSameDraw(held, "test")).not.toThrow();
  const thinned = [0, 1].map((seed) => runOf({ seed, task: `${files("test: /b.csv")}, sizes: {test: 9}` }));
  const both = await Promise.all(thinned);
  expect(() => requireSameDraw(both, "test")).toThrow(/the seed that draws the test part/);
});
