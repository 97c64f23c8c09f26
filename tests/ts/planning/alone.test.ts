import { expect, test } from "vitest";
import { parseConfig } from "../../../ts/config/read.js";
import { ALONE_METHODS, METHOD_NAMES } from "../../../ts/config/schema/method.js";
import { planSchema } from "../../../ts/planning/plan-schema.js";
import { failure, plan } from "./helpers.js";

const base = { family: "tiny-vit", task: { type: "image-classification", data: "digits" } } as const;

test.each(ALONE_METHODS)("%s tunes whole anchors unless told otherwise, each as long", async (name) => {
  const made = await plan({ ...base, method: { name } });
  expect(made.config.method).toMatchObject({ name, stitches: [0, 1, 2] });
  expect(made.totals).toMatchObject({ stitches: 3, steps: 3 * 400 });
  expect(planSchema.parse(made)).toEqual(made);
});

test("stitches are given by id or by name, and keep the ids of the space", async () => {
  const whole = await plan({ ...base, method: { name: "esta" } });
  const name = whole.stitches[17]?.name ?? "";
  const made = await plan({
    ...base,
    method: { name: "full", stitches: [name, 4] },
    training: { steps: 7 },
  });
  expect(made.config.method).toMatchObject({ stitches: [17, 4] });
  expect(made.stitches).toEqual(whole.stitches);
  expect(made.totals.steps).toBe(14);
});

test("what is no stitch, and what is listed twice, is told with its place", async () => {
  const method = { name: "lora", stitches: [30, "tiny-vit-xl", 4, 4] } as const;
  const { message } = await failure(() =>
    plan({ ...base, method: { ...method, stitches: [...method.stitches] } }),
  );
  expect(message).toContain("method.stitches[0]: got 30; allowed: ids from 0 to 29, or their names");
  expect(message).toContain("method.stitches[1]: got tiny-vit-xl");
  expect(message).toContain("method.stitches[3]: got 4, which is listed already");
});

test("a probe keeps no activations, tuned copies take memory of their own", async () => {
  const memory = async (method: Parameters<typeof plan>[0]["method"]) =>
    (await plan({ ...base, method })).memory;
  const probe = await memory({ name: "linear-probe" });
  const full = await memory({ name: "full" });
  expect(probe.activation_bytes).toBeLessThan(full.activation_bytes / 100);
  expect(full.weights_bytes).toBe(0);
  const copies = await memory({ name: "full", stitches: [0, 3] });
  expect(copies.weights_bytes).toBeGreaterThan(0);
});

test.each(METHOD_NAMES)("--method %s replaces the whole section by that method's defaults", (name) => {
  const text = "version: 1\nfamily: tiny-vit\nmethod: {name: esta, lora: {rank: 7}}\n";
  const bare = parseConfig(`version: 1\nfamily: tiny-vit\nmethod: {name: ${name}}\n`);
  expect(parseConfig(text, { method: name }).method).toEqual(bare.method);
});
