import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseConfig, readConfig } from "../../../ts/config/read.js";
import { EstaError } from "../../../ts/errors.js";
import { scratch } from "../../scratch.js";

const MINIMAL = "version: 1\nfamily: tiny-vit\n";

function mistakes(text: string, options = {}): string[] {
  try {
    parseConfig(text, { source: "esta.yaml", ...options });
  } catch (error) {
    if (!(error instanceof EstaError)) throw error;
    expect(error.exitCode).toBe(2);
    return error.message
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
  }
  throw new Error("no mistake was found");
}

describe("reading a configuration", () => {
  test("fills every default of every section", () => {
    const config = parseConfig(MINIMAL);
    expect(config.method.name).toBe("esta");
    expect(config.training).toMatchObject({ batch_size: 32, seeds: { data: 0 }, schedule: "cosine" });
    expect(config.deployment).toEqual({ axis: "macs", intervals: 5, per_interval: 1 });
    expect(config.run.device).toBe("auto");
  });

  test("reads JSON as YAML", () => {
    expect(parseConfig('{"version": 1, "family": "tiny-vit"}')).toEqual(parseConfig(MINIMAL));
  });

  test("reports all mistakes together, each with its line, what was got and what is allowed", () => {
    const text = [
      "version: 1",
      "family: tiny-vit",
      "space: {rule: pared}",
      "training:",
      "  batch_size: -1",
      "  stepz: 10",
    ].join("\n");
    expect(mistakes(text)).toEqual([
      'esta.yaml:3:15: space.rule: got "pared"; allowed: paired, unpaired, two-way, anchors (did you mean paired?)',
      "esta.yaml:5:15: training.batch_size: got -1; allowed: an integer from 1 to 16777216",
      expect.stringMatching(
        /^esta\.yaml:6:3: training\.stepz: unknown key; did you mean "steps"\?; allowed: steps/,
      ),
    ]);
  });

  test("a misspelt required key is reported once, with what was meant", () => {
    const anchors = "[{name: a, widht: 32, depth: 6, heads: 2}]";
    const found = mistakes(
      `version: 1\nfamily: {kind: vit, image_size: 28, patch_size: 7, anchors: ${anchors}}`,
    );
    expect(found).toHaveLength(1);
    expect(found[0]).toContain('family.anchors[0].widht: unknown key; did you mean "width"?');
  });

  test("a mistake in YAML itself is named with its line", () => {
    expect(mistakes("version: 1\nfamily: [a\n")[0]).toMatch(/^esta\.yaml:\d+:\d+: /);
  });

  test("a repeated key is a mistake", () => {
    expect(mistakes("version: 1\nversion: 1\nfamily: tiny-vit")[0]).toContain("unique");
  });

  test("an empty file says what is missing", () => {
    expect(mistakes("").join("\n")).toMatch(/version: missing[\s\S]*family: missing/);
  });

  test("steps and epochs exclude each other, said beside other mistakes", () => {
    const found = mistakes(`${MINIMAL}training: {steps: 3, epochs: 2, batch_size: 0}`);
    expect(found).toHaveLength(2);
    expect(found.join("\n")).toContain("give steps or epochs, not both");
  });

  test("a file that is not there is a configuration error with a hint", () => {
    expect(() => readConfig("/nowhere/esta.yaml")).toThrowError(/no such file: \/nowhere\/esta\.yaml/);
  });
});

describe("overrides", () => {
  test("--set reads its value as YAML and makes sections that are not there", () => {
    const config = parseConfig(MINIMAL, {
      set: ["training.steps=50", "deployment.budgets=[1e6, 2e6]", "training.seeds.data=7"],
    });
    expect(config.training.steps).toBe(50);
    expect(config.training.seeds.data).toBe(7);
    expect(config.deployment.budgets).toEqual([1e6, 2e6]);
  });

  test("--set of steps takes the file's epochs away, and the other way round", () => {
    const epochs = parseConfig(`${MINIMAL}training: {epochs: 3}`, { set: ["training.steps=50"] });
    expect(epochs.training).toMatchObject({ steps: 50 });
    expect(epochs.training.epochs).toBeUndefined();
    const steps = parseConfig(`${MINIMAL}training: {steps: 3}`, { set: ["training.epochs=2"] });
    expect(steps.training).toMatchObject({ epochs: 2 });
    expect(steps.training.steps).toBeUndefined();
  });

  test("--set inside a method that the file does not name sets it in the default one", () => {
    expect(parseConfig(MINIMAL, { set: ["method.lora.rank=2"] }).method).toMatchObject({
      ...{ name: "esta", lora: { rank: 2, alpha: 16 } },
    });
    const named = ["method.lora.rank=2", "method.name=lora"];
    for (const set of [named, named.toReversed()])
      expect(parseConfig(MINIMAL, { set }).method).toMatchObject({ name: "lora", lora: { rank: 2 } });
    expect(mistakes(MINIMAL, { set: ["method.rank=2"] })).toEqual([
      expect.stringContaining("--set method.rank=2: method.rank: unknown key"),
    ]);
  });

  test("--set replaces one field of a section that the file has", () => {
    const config = parseConfig(`${MINIMAL}training: {steps: 9, batch_size: 4}`, {
      set: ["training.steps=2"],
    });
    expect(config.training).toMatchObject({ steps: 2, batch_size: 4 });
  });

  test("mistakes in flags are reported with the file's, under the flag's own text", () => {
    const found = mistakes(`${MINIMAL}training: {steps: 0}`, {
      set: ["training.seeds.data=x", "deployment.foo.bar=3", "oops", "version.a=1"],
    });
    expect(found).toEqual([
      "--set oops: got no path=value; write for example training.steps=50",
      "--set version.a=1: version holds a plain value, so nothing can be set inside it",
      "esta.yaml:3:19: training.steps: got 0; allowed: an integer from 1 to 16777216",
      '--set training.seeds.data=x: training.seeds.data: got "x"; allowed: an integer from 0 to 4294967295',
      expect.stringContaining("--set deployment.foo.bar=3: deployment.foo: unknown key"),
    ]);
  });

  test("--method replaces the section by that method's defaults", () => {
    const text = `${MINIMAL}method: {name: esta, lora: {rank: 16}}`;
    expect(parseConfig(text, { method: "lora" }).method).toMatchObject({ name: "lora", lora: { rank: 8 } });
    expect(mistakes(text, { method: "esat" })[0]).toMatch(
      /^--method esat: method\.name: .*did you mean esta/,
    );
  });
});

describe("relative paths", () => {
  test("are resolved against the file's folder, hub ids and catalog names are not", () => {
    const folder = scratch();
    mkdirSync(join(folder, "small"));
    const file = join(folder, "esta.yaml");
    writeFileSync(
      file,
      [
        "version: 1",
        "family: [small, ./missing, facebook/deit-tiny-patch16-224]",
        "task: {type: image-classification, data: {train: photos, validation: 0.2, test: ../test}, classes: 3}",
        "run: {folder: runs/a}",
      ].join("\n"),
    );
    const config = readConfig(file);
    expect(config.family).toEqual([
      join(folder, "small"),
      join(folder, "missing"),
      "facebook/deit-tiny-patch16-224",
    ]);
    expect(config.task?.data).toMatchObject({
      train: join(folder, "photos"),
      validation: 0.2,
      test: join(folder, "..", "test"),
    });
    expect(config.run.folder).toBe(join(folder, "runs/a"));
  });
});
