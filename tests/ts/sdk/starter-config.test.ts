/** What `esta init` writes is read back as it was meant, whatever the answers are. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseConfig, readConfig } from "../../../ts/config/read.js";
import { BUILT_IN_DATA, TASK_TYPES } from "../../../ts/config/schema/task.js";
import { shellWord } from "../../../ts/sdk/command-words.js";
import { estimateRun } from "../../../ts/sdk/estimate-run.js";
import { familiesForTask } from "../../../ts/sdk/families-for-task.js";
import {
  type StarterAnswers,
  type StarterData,
  starterCommand,
  starterConfig,
  starterPlan,
} from "../../../ts/sdk/starter-config.js";
import { starterYaml } from "../../../ts/sdk/starter-yaml.js";
import { writeConfig } from "../../../ts/sdk/write-config.js";
import { scratch } from "../../scratch.js";

const FACTS = { stitches: 31, steps: 1240 };
/** Names with everything that YAML and shells read as their own. */
const pathName = fc
  .stringMatching(/^[a-zA-Z0-9 #:'"{}[\],&*!|>%@`$\\é-]{1,12}$/)
  .filter((text) => text.trim() === text);
const columnsOfTask = {
  "image-classification": fc.record({ image: pathName, label: pathName }),
  "text-classification": fc.record(
    { text: pathName, text_pair: pathName, label: pathName },
    { requiredKeys: ["text", "label"] },
  ),
  "instruction-tuning": fc.constant(undefined),
};
const share = fc.double({ min: 0.01, max: 0.99, noNaN: true });
const answers: fc.Arbitrary<StarterAnswers> = fc.record({
  data: fc.oneof(
    fc.constantFrom(...(Object.keys(BUILT_IN_DATA) as (keyof typeof BUILT_IN_DATA)[])),
    fc.constantFrom(...TASK_TYPES).chain((task) =>
      fc.record({
        task: fc.constant(task),
        train: pathName.map((name) => resolve("/data", name)),
        validation: fc.option(
          fc.oneof(
            share,
            pathName.map((name) => resolve("/data", name)),
          ),
          { nil: undefined },
        ),
        test: fc.option(share, { nil: undefined }),
        columns: fc.option(columnsOfTask[task] as fc.Arbitrary<StarterData["columns"]>, { nil: undefined }),
        classes: fc.option(fc.integer({ min: 2, max: 1000 }), { nil: undefined }),
      }),
    ),
  ),
  family: fc.oneof(fc.constantFrom("tiny-vit", "deit"), fc.constant(["/models/a b", "owner/name"])),
  method: fc.constantFrom("esta" as const, "lora" as const, "snnet" as const),
  sequence_length: fc.option(fc.integer({ min: 1, max: 4096 }), { nil: undefined }),
  steps: fc.option(fc.integer({ min: 1, max: 1e6 }), { nil: undefined }),
  axis: fc.constantFrom("macs" as const, "params" as const),
  intervals: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constant([5e6, 1.5e7])),
});

describe("the YAML", () => {
  test("says exactly what the answers mean, for any answers", () => {
    const file = "/work-space/project/esta.yaml";
    fc.assert(
      fc.property(answers, (given) => {
        const read = (text: string) => parseConfig(text, { baseFolder: "/work-space/project" });
        const meant = starterConfig({ ...given, steps: given.steps ?? FACTS.steps }, file);
        expect(read(starterYaml(given, file, FACTS))).toEqual(read(JSON.stringify(meant)));
      }),
    );
  });

  test("starts with the schema line for editors, which names a file that is there", () => {
    const [line = ""] = starterYaml(base, join(scratch(), "esta.yaml"), FACTS).split("\n");
    const path = /^# yaml-language-server: \$schema=(.+)$/.exec(line)?.[1] ?? "";
    expect(JSON.parse(readFileSync(path, "utf8")).title).toContain("estakit");
    const local = starterYaml(base, resolve("esta.yaml"), FACTS).split("\n")[0];
    expect(local).toBe("# yaml-language-server: $schema=./configs/esta.schema.json");
  });

  test("has comments that hold once they are uncommented", () => {
    const text = starterYaml(base, join(scratch(), "esta.yaml"), FACTS);
    const optional = text.replaceAll(/^( +)# (\w+: )/gm, "$1$2");
    expect(optional).not.toBe(text);
    const config = parseConfig(optional);
    expect(config.task).toMatchObject({ augmentation: { flip: 0.5 } });
    expect(config.training.precision).toBe("bf16");
    const chats = { ...base, data: { task: "instruction-tuning" as const, train: "/data/chats.jsonl" } };
    const talk = starterYaml(chats, join(scratch(), "esta.yaml"), FACTS);
    expect(parseConfig(talk.replaceAll(/^( +)# (\w+: )/gm, "$1$2")).task).toMatchObject({
      ...{ batching: "packed", template: "plain", sequence_length: 256, generated_samples: 3 },
    });
  });
});

const base: StarterAnswers = {
  data: "digits",
  family: "tiny-vit",
  method: "esta",
  axis: "macs",
  intervals: 5,
};

test("the plan of the answers is the plan of the file", async () => {
  const folder = scratch();
  for (const name of ["cat/1.png", "dog/1.png", "eel/1.png"]) {
    mkdirSync(join(folder, "photos", name, ".."), { recursive: true });
    writeFileSync(join(folder, "photos", name), "x");
  }
  const file = join(folder, "esta.yaml");
  const data = { train: join(folder, "photos") };
  const plan = await starterPlan({ ...base, data }, file, 3);
  expect(plan.family.classes).toBe(3);
  const steps = plan.config.training.steps as number;
  await writeConfig(file, starterYaml({ ...base, data }, file, { stitches: plan.totals.stitches, steps }));
  const { makePlan } = await import("../../../ts/planning/plan.js");
  const read = await makePlan(readConfig(file));
  expect(read.stitches).toEqual(plan.stitches);
  expect(read.totals).toEqual(plan.totals);
  expect(readConfig(file).task?.data).toMatchObject({ train: join(folder, "photos") });
});

describe("the command", () => {
  test("quotes any word so that a shell reads it back", () => {
    fc.assert(
      fc.property(fc.array(pathName, { minLength: 1, maxLength: 4 }), (words) => {
        const shown = execFileSync("sh", ["-c", `printf '%s\\n' ${words.map(shellWord).join(" ")}`], {
          encoding: "utf8",
        });
        expect(shown).toBe(words.map((word) => `${word}\n`).join(""));
      }),
      { numRuns: 20 },
    );
  });

  test("names every answer", () => {
    const data = { train: resolve("my photos"), validation: 0.2, test: resolve("t"), classes: 4 };
    const given = { ...base, data, family: [resolve("m/a"), "owner/name"], steps: 70, intervals: [5e6, 1e7] };
    expect(starterCommand(given, "x.yaml")).toBe(
      "esta init x.yaml --data 'my photos' --classes 4 --validation 0.2 --test t --family ./m/a --family owner/name " +
        "--method esta --steps 70 --axis macs --budgets 5000000,10000000",
    );
  });
});

describe("writeConfig", () => {
  const text = starterYaml(base, "esta.yaml", FACTS);

  test("replaces nothing without force, and leaves nothing beside the file", async () => {
    const folder = scratch();
    const file = join(folder, "esta.yaml");
    await writeConfig(file, text);
    await expect(writeConfig(file, text)).rejects.toMatchObject({
      code: "usage",
      message: `${file} is there already`,
    });
    await writeConfig(file, text.replace("tiny-vit", "deit"), { force: true });
    expect(readConfig(file).family).toBe("deit");
    expect(readdirSync(folder)).toEqual(["esta.yaml"]);
  });

  test("writes no text that is no configuration", async () => {
    const file = join(scratch(), "esta.yaml");
    await expect(writeConfig(file, "version: 1\nfamly: x\n")).rejects.toMatchObject({
      code: "configuration",
    });
    expect(existsSync(file)).toBe(false);
  });
});

describe("families for a task", () => {
  test("are of kinds that fit, what needs no download first", async () => {
    const families = await familiesForTask("image-classification", scratch());
    expect(families.map(({ family }) => family)).toEqual(
      expect.arrayContaining(["tiny-vit", "deit", "dinov2"]),
    );
    expect(families.map(({ family }) => family)).not.toContain("bert");
    expect(families[0]).toMatchObject({ family: "tiny-vit", to_download: [], image_size: 28 });
    expect(families.find(({ family }) => family === "deit")?.to_download).toContain(
      "facebook/deit-tiny-patch16-224",
    );
  });

  test("two models that lie in the folder are a family, one is none", async () => {
    const folder = scratch();
    const model = (name: string, hidden_size: number) => {
      mkdirSync(join(folder, name));
      const config = {
        model_type: "vit",
        architectures: ["ViTForImageClassification"],
        hidden_size,
        num_attention_heads: 2,
      };
      writeFileSync(join(folder, name, "config.json"), JSON.stringify(config));
      writeFileSync(join(folder, name, "model.safetensors"), "");
    };
    model("small", 64);
    const named = (list: Awaited<ReturnType<typeof familiesForTask>>) => list[0]?.family;
    expect(named(await familiesForTask("image-classification", folder))).toBe("tiny-vit");
    model("large", 128);
    expect(named(await familiesForTask("image-classification", folder))).toEqual([
      join(folder, "large"),
      join(folder, "small"),
    ]);
  });
});

test("the time grows with steps and size, and is unknown where the number of steps is", async () => {
  const plan = async (change: Partial<StarterAnswers>) => starterPlan({ ...base, ...change }, "esta.yaml");
  const seconds = async (change: Partial<StarterAnswers>) =>
    estimateRun(await plan(change)).seconds as number;
  expect(await seconds({ steps: 200 })).toBeCloseTo(2 * (await seconds({ steps: 100 })), 6);
  expect(await seconds({ steps: 100, family: "deit" })).toBeGreaterThan(10 * (await seconds({ steps: 100 })));
  const epochs = await plan({ steps: 100 });
  epochs.totals.steps = null;
  epochs.config.training = { ...epochs.config.training, steps: undefined, epochs: 2 };
  expect(estimateRun(epochs)).toEqual({ steps: null, seconds: null });
  expect(estimateRun(epochs, 320).steps).toBe(20);
});
