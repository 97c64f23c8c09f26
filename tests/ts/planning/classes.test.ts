/** Classes are counted in real files: folders, CSV, JSONL. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { failure, plan } from "./helpers.js";

const scratch = () => mkdtempSync(join(tmpdir(), "esta-classes-"));

function file(name: string, text: string): string {
  const path = join(scratch(), name);
  writeFileSync(path, text);
  return path;
}

async function classes(data: object, given?: number): Promise<number> {
  const task = {
    type: "image-classification" as const,
    data: data as never,
    ...(given ? { classes: given } : {}),
  };
  return (await plan({ family: "tiny-vit", task })).family.classes;
}

test("an image folder has one class a sub-folder; files and hidden folders are none", async () => {
  const train = scratch();
  for (const name of ["cat", "dog", "owl", ".cache"]) mkdirSync(join(train, name));
  writeFileSync(join(train, "README.txt"), "");
  expect(await classes({ train })).toBe(3);
});

test("a CSV has its distinct labels, quotes, commas, line ends and a byte order mark notwithstanding", async () => {
  const text = '\uFEFFimage,"label"\r\na.png,"x, y"\r\n"b\n.png",z\r\nc.png,"x, y"\r\nd.png,"q""q"\r\n';
  expect(await classes({ train: file("train.csv", text) })).toBe(3);
  const named = file("other.csv", "image,kind\na,1\nb,2\n");
  expect(await classes({ train: named, columns: { label: "kind" } })).toBe(2);
});

test("a large CSV is streamed", async () => {
  const rows = Array.from({ length: 50_000 }, (_, i) => `images/${i}.png,class ${i % 321}`);
  expect(await classes({ train: file("train.csv", `image,label\n${rows.join("\n")}\n`) })).toBe(321);
});

test("a JSONL has its distinct labels; a number and its text differ, empty lines are none", async () => {
  const lines = ['{"image":"a","label":1}', "", '{"image":"b","label":"1"}', '{"image":"c","label":1}'];
  expect(await classes({ train: file("train.jsonl", lines.join("\n")) })).toBe(2);
});

test("given classes are taken without a look at the data", async () => {
  expect(await classes({ train: "/nowhere/train.parquet" }, 12)).toBe(12);
});

test.each([
  ["missing data", () => ({ train: "/nowhere/at/all" }), "no such file or folder: /nowhere/at/all"],
  [
    "a format that only the engine reads",
    () => ({ train: file("train.parquet", "") }),
    "task.classes: missing",
  ],
  [
    "a format that its name does not tell",
    () => ({ train: file("train.data", "") }),
    "task.classes: missing",
  ],
  ["one class", () => ({ train: file("train.csv", "image,label\na,x\n") }), "got 1 classes"],
  ["an empty folder", () => ({ train: scratch() }), "got 0 classes"],
  [
    "another column",
    () => ({ train: file("train.csv", "image,kind\na,x\n") }),
    "has the columns image, kind",
  ],
  ["a row without label", () => ({ train: file("train.csv", "image,label\na,x\nb,\n") }), "row 2 of"],
  ["a broken CSV", () => ({ train: file("train.csv", 'image,label\na,"x\n') }), "as CSV"],
  ["a broken JSONL", () => ({ train: file("train.jsonl", '{"label": 1}\n{"label"') }), "line 2 of"],
])("%s is explained", async (_what, data, part) => {
  const error = await failure(() => classes(data()));
  expect(error).toMatchObject({ code: "configuration" });
  expect(error.message).toContain(part);
});
