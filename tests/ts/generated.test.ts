import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { commandsPage } from "../../scripts/generate/commands-page.mjs";
import { configurationPage, rowsOf } from "../../scripts/generate/configuration-page.mjs";
import { COMMANDS } from "../../ts/cli/commands.js";
import { readDeclared } from "../../ts/cli/declared.js";
import { configJsonSchema } from "../../ts/config/json-schema.js";
import { planJsonSchema } from "../../ts/planning/plan-json-schema.js";

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
const text = (schema: unknown) => `${JSON.stringify(schema, null, 2)}\n`;

describe("generated files are what the sources say (else: npm run generate)", () => {
  it("configs/esta.schema.json", () => {
    expect(read("configs/esta.schema.json")).toBe(text(configJsonSchema()));
  });
  it("python/esta_engine/plan.schema.json", () => {
    expect(read("python/esta_engine/plan.schema.json")).toBe(text(planJsonSchema()));
  });
  it("docs/reference/configuration.md", () => {
    expect(read("docs/reference/configuration.md")).toBe(configurationPage(configJsonSchema()));
  });
  it("docs/reference/commands.md", async () => {
    expect(read("docs/reference/commands.md")).toBe(await commandsPage(COMMANDS, readDeclared));
  });
});

describe("the reference leaves nothing out", () => {
  it("every key of the configuration says what it means (.describe() in ts/config/schema/)", () => {
    const forms = objectsOf(configJsonSchema()).flatMap((object) => rowsOf(object, ""));
    expect(forms.length).toBeGreaterThan(150);
    const silent = forms.filter(([, , , meaning]) => meaning === "").map(([key]) => key);
    expect([...new Set(silent)]).toEqual([]);
  });

  it("every command has an example of itself and says what comes next, and every option what it does", async () => {
    for (const [name, { usage, load }] of Object.entries(COMMANDS)) {
      const { command } = await load();
      const { positionals, options } = await readDeclared(command, usage);
      const silent = [...positionals, ...options].filter(({ describe }) => describe === "");
      expect({ name, silent }).toEqual({ name, silent: [] });
      expect(command.details.length, name).toBeGreaterThan(80);
      expect(
        command.examples.some(([line]) => line.includes(name)),
        name,
      ).toBe(true);
      for (const [line] of command.next) {
        const [, next = ""] = line.split(" ");
        expect(next === "--help" || next in COMMANDS, `${name}: next: ${line}`).toBe(true);
      }
    }
  });
});

/** Every object of a JSON Schema that lists properties. */
function objectsOf(node: unknown): Record<string, unknown>[] {
  if (typeof node !== "object" || node === null) return [];
  const below = Object.values(node).flatMap(objectsOf);
  const isObject = "properties" in node && "type" in node && node.type === "object";
  return isObject ? [node as Record<string, unknown>, ...below] : below;
}

describe("the generated schemas are strict", () => {
  it.each([
    ["configuration", configJsonSchema()],
    ["plan", planJsonSchema()],
  ])("unknown keys are refused everywhere in the %s", (_name, schema) => {
    const objects = objectsOf(schema);
    expect(objects.length).toBeGreaterThan(20);
    for (const object of objects) expect(object.additionalProperties).toBe(false);
  });

  it("a plan has no defaults: everything that has one in the configuration is required", () => {
    const schema = planJsonSchema();
    expect(JSON.stringify(schema)).not.toContain('"default"');
    const config = schema.properties?.config as { required: string[] };
    expect(config.required).toEqual(["version", "family", "method", "training", "deployment", "run"]);
  });

  it("steps and epochs together are refused, which zod says in code only", () => {
    const training = configJsonSchema().properties?.training as { not: unknown };
    expect(training.not).toEqual({ required: ["steps", "epochs"] });
    expect(JSON.stringify(planJsonSchema())).toContain('"not":{"required":["steps","epochs"]}');
  });
});
