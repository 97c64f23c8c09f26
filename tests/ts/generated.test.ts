import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { configJsonSchema } from "../../ts/config/json-schema.js";
import { planJsonSchema } from "../../ts/planning/plan-json-schema.js";

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
const text = (schema: unknown) => `${JSON.stringify(schema, null, 2)}\n`;

describe("generated files are what the schemas say (else: npm run generate)", () => {
  it("configs/esta.schema.json", () => {
    expect(read("configs/esta.schema.json")).toBe(text(configJsonSchema()));
  });
  it("python/esta_engine/plan.schema.json", () => {
    expect(read("python/esta_engine/plan.schema.json")).toBe(text(planJsonSchema()));
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
