import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { parsePlan, planChunks, readPlan, writePlan } from "../../../ts/planning/plan-file.js";
import { scratch } from "../../scratch.js";
import { failure, plan, vit } from "./helpers.js";

const folder = () => scratch();
const text = async () => [...planChunks(await plan({ family: "deit" }))].join("");

test("a written plan reads back equal, and nothing else is left in its folder", async () => {
  const made = await plan({ family: "deit" });
  const here = folder();
  await writePlan(join(here, "plan.json"), made);
  expect(readPlan(join(here, "plan.json"))).toEqual(made);
  expect(readdirSync(here)).toEqual(["plan.json"]);
  expect(readFileSync(join(here, "plan.json"), "utf8")).toMatch(/^\{\s*"schema_version"/);
});

test("to a stream goes the same text, and the stream stays open", async () => {
  const stream = new PassThrough();
  const parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  await writePlan(stream, await plan({ family: "deit" }));
  expect(stream.writable).toBe(true);
  expect(Buffer.concat(parts).toString()).toBe(await text());
});

test("the same configuration gives the same bytes", async () => {
  expect(await text()).toBe(await text());
});

test("a large plan is written in pieces", async () => {
  const sizes = [
    { width: 16, depth: 600 },
    { width: 32, depth: 600 },
  ];
  const made = await plan({ family: vit(sizes), space: { rule: "paired", kernel: 4 } });
  const chunks = [...planChunks(made)];
  expect(chunks.length).toBeGreaterThan(5);
  expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThan(1 << 17);
  expect(JSON.parse(chunks.join(""))).toEqual(made);
});

test("a plan that cannot be written says so and leaves nothing", async () => {
  const here = folder();
  const error = await failure(async () =>
    writePlan(join(here, "no", "plan.json"), await plan({ family: "deit" })),
  );
  expect(error).toMatchObject({
    code: "configuration",
    message: expect.stringContaining("cannot write the plan"),
  });
  expect(readdirSync(here)).toEqual([]);
});

test("mistakes of an edited plan are named by path, all together", async () => {
  const edited = (await text())
    .replace('"macs":1258411200', '"macs":-1')
    .replace('"kind":"vit"', '"kind":"vti"');
  const error = await failure(() => parsePlan(edited, "plan.json"));
  expect(error).toMatchObject({ code: "configuration" });
  expect(error.message).toContain("family.kind");
  expect(error.message).toContain("anchors[0].macs");
});

test("a missing file, no JSON, and another version are each explained", async () => {
  const file = join(folder(), "plan.json");
  expect((await failure(() => readPlan(file))).message).toBe(`no such file: ${file}`);
  writeFileSync(file, "{");
  expect((await failure(() => readPlan(file))).message).toContain("is not JSON");
  const newer = (await text()).replace('"schema_version": 1', '"schema_version": 2');
  expect((await failure(() => parsePlan(newer))).message).toContain("schema_version: got 2; allowed: 1");
});

test("a plan without what this version writes is said to be another version's, and what its run is still good for", async () => {
  const older = (await text()).replaceAll(/"memory_bytes":\d+,/g, "");
  const error = await failure(() => parsePlan(older, "plan.json"));
  const hint = expect.stringMatching(/another version[\s\S]*report\.html[\s\S]*esta adapt/);
  expect(error).toMatchObject({ code: "configuration", exitCode: 2, hint });
  expect(error.message).toMatch(/not a plan of this version[\s\S]*stitches\[0\]\.memory_bytes[\s\S]*more/);
});

test("nothing of a plan is filled in with the defaults of now: its run did without", async () => {
  const older = JSON.parse(await text());
  delete older.config.method.initialisation.heads;
  delete older.config.training.schedule;
  const error = await failure(() => parsePlan(JSON.stringify(older), "plan.json"));
  expect(error).toMatchObject({ code: "configuration", hint: expect.stringMatching(/another version/) });
  expect(error.message).toMatch(
    /config\.method\.initialisation\.heads: missing\n {2}config\.training\.schedule: missing/,
  );
});
