/** Whole runs on texts through the command line: pico encoders that classify, pico decoders that learn to answer. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, test } from "vitest";
import { openRun, type Prediction } from "../../ts/index.js";
import { scratch } from "../scratch.js";
import { ESTA, esta, ROOT } from "./cli.js";

const folder = scratch();
const PYTHON = join(ROOT, ".venv", "bin", "python");
const TASKS = {
  bert: "{type: text-classification, data: {train: moods.csv, validation: 0.2, test: 0.2}, sequence_length: 16}",
  llama:
    "{type: instruction-tuning, data: {train: sums.jsonl, validation: 0.2, test: 0.2}, generated_samples: 1, sequence_length: 48}",
};
type Kind = keyof typeof TASKS;
const run = (kind: Kind) => join(folder, `run-${kind}`);
const json = async (args: readonly string[]) => {
  const { code, stdout, stderr } = await esta([...args, "--json"]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
};

/** Another number of texts in a batch moves the last bits of their probabilities. */
const rounded = (predictions: Prediction[]): Prediction[] =>
  predictions.map((prediction) => ({
    ...prediction,
    classes: prediction.classes.map(({ label, probability }) => ({
      label,
      probability: Number(probability.toFixed(4)),
    })),
  }));

/** Real model folders with tokenizers, as the engine's own tests make them, and a run of each family. */
beforeAll(async () => {
  const code = `
from pathlib import Path
from text_tasks import moods, save_readers, sums, with_choices, write_csv, write_jsonl
save_readers(Path("bert"), "bert")
save_readers(Path("llama"), "llama")
write_csv(Path("moods.csv"), moods())
write_jsonl(Path("sums.jsonl"), [*with_choices(sums(12)), *sums(12)])
`;
  const paths = [join(ROOT, "tests", "python"), join(ROOT, "python")].join(":");
  await execa(PYTHON, ["-c", code], { cwd: folder, env: { PYTHONPATH: paths, HF_HUB_OFFLINE: "1" } });
  const runs = (Object.keys(TASKS) as Kind[]).map(async (kind) => {
    const config = [
      `version: 1\nfamily: [./${kind}/${kind}-16, ./${kind}/${kind}-32]\ntask: ${TASKS[kind]}`,
      "method: {name: esta, initialisation: {samples: 8}}",
      "training: {steps: 6, batch_size: 4, checkpoint_every: 3}\ndeployment: {intervals: 2}\n",
    ].join("\n");
    const file = join(folder, `${kind}.yaml`);
    writeFileSync(file, config);
    const { code, stderr } = await esta(["adapt", file, "--run-dir", run(kind)]);
    expect(code, stderr).toBe(0);
  });
  await Promise.all(runs);
}, 240_000);

describe("a family of encoders", () => {
  test("predicts texts given as flags, in files of each form, and piped", async () => {
    const flags = rounded(
      await json(["predict", run("bert"), "--text", "the cat is glad", "--text", "so cross"]),
    );
    expect(flags.map(({ input }) => input)).toEqual(["the cat is glad", "so cross"]);
    const labels = flags[0]?.classes.map(({ label }) => label) ?? [];
    expect([...labels].sort()).toEqual(["cross", "glad", "sad"]);
    const lines = join(folder, "new.txt");
    writeFileSync(lines, "the cat is glad\n\nso cross\n");
    const table = join(folder, "new.csv");
    writeFileSync(table, "id,text\n1,the cat is glad\n2,so cross\n");
    const rows = join(folder, "new.jsonl");
    writeFileSync(rows, '{"text": "the cat is glad"}\n{"text": "so cross"}\n');
    const read = await json(["predict", run("bert"), lines, table, rows]);
    expect(rounded(read)).toEqual([...flags, ...flags, ...flags]);
    const piped = await execa("node", [ESTA, "predict", run("bert"), "-", "--json"], {
      input: readFileSync(lines, "utf8"),
    });
    expect(rounded(JSON.parse(piped.stdout))).toEqual(flags);
  }, 120_000);

  test.each([
    [["seven.png"], /no such file: .*seven.png/],
    [["--text", " "], /text 1 is empty/],
    [["--text", "a", "--text-pair", "b"], /got pairs of texts; this run classifies single texts/],
    [["--text-pair", "b", "--text", "a", "--text", "c"], /got 2 --text and 1 --text-pair/],
    [[], /nothing to predict for was given/],
  ])("refuses to predict %j with what it takes", async (args, message) => {
    const { code, stderr } = await esta(["predict", run("bert"), ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe("a family of decoders", () => {
  test("is measured in perplexity, of which less is better", async () => {
    const { stitches, frontier, metric } = await json(["pareto", run("llama")]);
    expect(metric).toBe("perplexity");
    const lowest = [...stitches].sort((a, b) => a.perplexity - b.perplexity)[0];
    expect(frontier).toContain(lowest.id);
    const chosen = await json(["select", run("llama"), "--max-macs", "1G"]);
    const opened = await openRun(run("llama"));
    const values = opened.evaluations
      .filter(({ split }) => split === "validation")
      .map(({ metrics }) => metrics.perplexity as number);
    expect(chosen.stitch.perplexity).toBe(Math.min(...values));
    const { stdout } = await esta(["pareto", run("llama")]);
    expect(stdout).toContain("Perplexity (lower is better)");
  });

  test("answers, and classifies nothing", async () => {
    const chat = await esta(["chat", run("llama"), "--prompt", "1 plus 1 is", "--max-tokens", "3"]);
    expect(chat.code, chat.stderr).toBe(0);
    const asked = await esta(["predict", run("llama"), "--text", "1 plus 1 is"]);
    expect(asked.code).toBe(2);
    expect(asked.stderr).toMatch(/write text; they classify nothing[\s\S]*esta chat/);
  }, 60_000);
});

describe.each(Object.keys(TASKS) as Kind[])("a run of %s", (kind) => {
  test("goes on from its checkpoint, and is measured on another part", async () => {
    const before = readFileSync(join(run(kind), "palette", "adapter.safetensors"));
    expect((await esta(["resume", run(kind)])).code).toBe(0);
    expect(readFileSync(join(run(kind), "palette", "adapter.safetensors")).equals(before)).toBe(true);
    const { stitches } = await json(["evaluate", run(kind), "--stitches", "0", "--split", "train"]);
    expect(stitches).toHaveLength(1);
  }, 120_000);

  test("shows its examples by budget in the report", async () => {
    const samples = await (await openRun(run(kind))).samples();
    expect(samples.length).toBeGreaterThan(0);
    const file = join(folder, `${kind}.json`);
    expect((await esta(["report", run(kind), "--out", file])).code).toBe(0);
    expect(JSON.parse(readFileSync(file, "utf8")).samples).toHaveLength(samples.length);
    expect(readFileSync(join(run(kind), "report.html"), "utf8")).toContain("Examples by budget");
  }, 60_000);

  test("exports a stitch with its tokenizer and card", async () => {
    const { plan } = await openRun(run(kind));
    const { stitches } = await json(["pareto", run(kind)]);
    const stitch = stitches.find(({ id }: { id: number }) => id >= plan.anchors.length) ?? stitches[0];
    const out = join(folder, `export-${kind}`);
    expect((await esta(["export", run(kind), "--stitch", String(stitch.id), "--out", out])).code).toBe(0);
    for (const file of ["config.json", "model.safetensors", "tokenizer.json", "README.md"])
      expect(existsSync(join(out, file)), file).toBe(true);
  }, 60_000);
});
