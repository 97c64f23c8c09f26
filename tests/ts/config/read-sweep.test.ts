import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { sweepJsonSchema } from "../../../ts/config/json-schema.js";
import { sweepSchema } from "../../../ts/config/schema/sweep.js";
import { type ReadSweepOptions, readSweep } from "../../../ts/sdk/read-sweep.js";
import { planCell } from "../../../ts/sdk/sweep/cells.js";
import { scratch } from "../../scratch.js";

const folder = scratch();
let files = 0;

function write(text: string, name = `sweep-${files++}.yaml`): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const BASE = "base: {version: 1, family: tiny-vit, task: {type: image-classification, data: digits}}";
const sweep = (text: string) => readSweep(write(`version: 1\n${BASE}\n${text}`));

describe("a sweep file", () => {
  it("without arms and grid is its base, once", () => {
    const { arms, seeds, reference, evaluate, name, folder: runs } = sweep("title: Alone");
    expect(arms.map((arm) => arm.name)).toEqual(["base"]);
    expect({ seeds, reference, evaluate }).toEqual({ seeds: [0], reference: "base", evaluate: "palette" });
    expect(runs).toBe(join(process.cwd(), "runs", name));
  });

  it("spreads a grid out over its arms", () => {
    const { arms } = sweep(
      "arms: {esta: , loss: {set: {method.importance.score: training-loss}}}\n" +
        "grid: {method.lora.rank: [2, 4], method.sampling.strategy: [uniform, importance]}",
    );
    expect(arms).toHaveLength(8);
    expect(arms[0]?.name).toBe("esta rank=2 strategy=uniform");
    expect(arms[5]).toMatchObject({
      name: "loss rank=2 strategy=importance",
      settings: {
        "method.importance.score": "training-loss",
        "method.lora.rank": 2,
        "method.sampling.strategy": "importance",
      },
    });
    const alone = sweep("grid: {training.steps: [5, 10]}").arms.map((arm) => arm.name);
    expect(alone).toEqual(["steps=5", "steps=10"]);
  });

  it("reads a base of its own file, relative to it", () => {
    write(
      "version: 1\nfamily: tiny-vit\ntask: {type: image-classification, data: {train: a.csv}}",
      "base.yaml",
    );
    const { base } = readSweep(write("version: 1\nbase: base.yaml"));
    expect(base.folder).toBe(folder);
    expect(base.text).toContain("a.csv");
  });

  it.each([
    ["an unknown key", "seed: [0]", /seed: unknown key; did you mean "seeds"\?/],
    [
      "an unknown key of an arm",
      "arms: {a: {sets: {}}}",
      /:3:\d+: arms\.a\.sets: unknown key; did you mean "set"\?/,
    ],
    ["no seed", "seeds: []", /seeds/],
    ["a seed twice", "seeds: [1, 1]", /seeds: a seed stands there twice/],
    ["a stranger to take the time of", "arms: {a: {same_time_as: b}}", /got "b"; allowed: no arm/],
    ["its own time", "arms: {a: {same_time_as: a}, c: }", /got "a"; allowed: c/],
    ["time beside a grid", "arms: {a: , b: {same_time_as: a}}\ngrid: {training.steps: [1]}", /without grid/],
    ["a reference that is none", "arms: {a: }\nreference: b", /reference: got "b"; allowed: a/],
    ["a quick arm that is none", "arms: {a: }\nquick: {arms: [b]}", /quick\.arms: got "b"; allowed: a/],
    ["broken YAML", "arms: {a", /a mistake in|mistakes in/],
  ])("is refused for %s", (_name, text, expected) => {
    expect(() => sweep(text)).toThrow(expected);
  });

  it("times the same arms together whichever are chosen, and none where none needs it", () => {
    const file = write(
      `version: 1\n${BASE}\narms: {a: , b: {same_time_as: a}, c: , d: {same_time_as: c}, e: }\n` +
        "quick: {arms: [a, b, e]}",
    );
    const timed = (options: ReadSweepOptions) => readSweep(file, options).timed.map(({ name }) => name);
    expect(timed({})).toEqual(["a", "b", "c", "d"]);
    expect(timed({ arms: ["b"] })).toEqual(["a", "b", "c", "d"]);
    expect(timed({ arms: ["a", "e"] })).toEqual([]);
    expect(timed({ quick: true })).toEqual(["a", "b"]);
    expect(timed({ quick: true, arms: ["d"] })).toEqual(["a", "b", "c", "d"]);
  });

  it("is refused for a missing file or base, and arms that it has not", () => {
    expect(() => readSweep(join(folder, "gone.yaml"))).toThrow(/no such file/);
    expect(() => readSweep(write("version: 1\nbase: gone.yaml"))).toThrow(/no such file/);
    const file = write(`version: 1\n${BASE}\narms: {a: , b: {same_time_as: a}, c: }`);
    expect(() => readSweep(file, { arms: ["d"] })).toThrow(/no arm d in the sweep; allowed: a, b, c/);
    expect(readSweep(file, { arms: ["b"] }).arms.map(({ name }) => name)).toEqual(["a", "b"]);
  });

  it("has the reference that was asked for, and is refused before anything runs where it has it not", () => {
    const file = write(`version: 1\n${BASE}\narms: {a: , b: , c: }\nreference: b`);
    expect(readSweep(file).reference).toBe("b");
    expect(readSweep(file, { reference: "c" }).reference).toBe("c");
    expect(readSweep(file, { arms: ["a", "c"] }).reference).toBe("a");
    expect(() => readSweep(file, { reference: "d" })).toThrow(/--reference got "d"; allowed: a, b, c/);
    expect(() => readSweep(file, { arms: ["a"], reference: "c" })).toThrow(
      /--reference got "c"; allowed: a$/,
    );
    const grid = `version: 1\n${BASE}\narms: {a: }\ngrid: {method.lora.rank: [2, 4]}\nreference: `;
    expect(readSweep(write(`${grid}a rank=4`)).reference).toBe("a rank=4");
    expect(() => readSweep(write(`${grid}a`))).toThrow(/reference: got "a"; allowed: a rank=2, a rank=4/);
  });
});

test("the JSON Schema of a sweep file names what it may hold, and asks for what it must", () => {
  const schema = sweepJsonSchema();
  expect(Object.keys(schema.properties ?? {}).sort()).toEqual(Object.keys(sweepSchema.shape).sort());
  expect(schema.required?.sort()).toEqual(["base", "version"]);
  expect(schema.additionalProperties).toBe(false);
});

describe("a cell", () => {
  const file = write(
    `version: 1\n${BASE}\nseeds: [0, 1]\narms: {esta: {set: {training.steps: 40}}, lora: {method: lora}}\n` +
      "quick: {divide_steps_by: 8, set: {training.batch_size: 4}}",
  );

  it("has its seed everywhere, its arm's method and overrides, and a folder of its plan's hash", async () => {
    const read = readSweep(file);
    const [esta, lora] = read.arms;
    const cell = await planCell(read, esta as (typeof read.arms)[number], 1);
    expect(cell.plan.config.training).toMatchObject({
      steps: 40,
      seeds: { initialisation: 1, data: 1, sampling: 1 },
    });
    expect(cell.folder).toBe(join(read.folder, "esta", `seed-1-${cell.hash.slice(0, 8)}`));
    const other = await planCell(read, lora as (typeof read.arms)[number], 1);
    expect(other.plan.config.method.name).toBe("lora");
    expect(other.hash).not.toBe(cell.hash);
  });

  it("is the same whenever it is planned, and another for any change of what is computed", async () => {
    const plan = async (set: string[]) => {
      const read = readSweep(file, { set });
      return (await planCell(read, read.arms[0] as (typeof read.arms)[number], 0)).hash;
    };
    const own = await plan([]);
    expect(await plan([])).toBe(own);
    expect(await plan(["run.workers=3"])).toBe(own);
    for (const change of ["run.threads=2", "training.batch_size=8", "deployment.intervals=3"]) {
      expect(await plan([change])).not.toBe(own);
    }
  });

  it("is shortened by --quick, with one seed", async () => {
    const read = readSweep(file, { quick: true });
    expect(read.seeds).toEqual([0]);
    const few = write(`version: 1\n${BASE}\narms: {a: , b: , c: }\nquick: {arms: [a, c]}`);
    const names = (options: ReadSweepOptions) => readSweep(few, options).arms.map(({ name }) => name);
    expect(names({ quick: true })).toEqual(["a", "c"]);
    expect(names({ quick: true, arms: ["b"] })).toEqual(["b"]);
    expect(names({})).toEqual(["a", "b", "c"]);
    const { plan } = await planCell(read, read.arms[0] as (typeof read.arms)[number], 0);
    expect(plan.config.training).toMatchObject({ steps: 5, batch_size: 4 });
  });

  it("names the arm in which a mistake of the configuration stands", async () => {
    const read = readSweep(write(`version: 1\n${BASE}\narms: {odd: {set: {training.batch_size: none}}}`));
    await expect(planCell(read, read.arms[0] as (typeof read.arms)[number], 0)).rejects.toThrow(
      /\(arm odd\):[\s\S]*training\.batch_size: got "none"/,
    );
  });
});
