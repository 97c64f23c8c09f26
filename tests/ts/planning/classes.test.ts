/** Classes are counted in real files: folders, CSV, JSONL. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratch } from "../../scratch.js";
import { failure, plan } from "./helpers.js";

function file(name: string, text: string | Buffer): string {
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

test("a character of several bytes may lie across the pieces that a file is read in", async () => {
  const rows = Array.from({ length: 30_000 }, (_, i) => `${i}.png,${"é".repeat(1 + (i % 7))}€😀`);
  expect(await classes({ train: file("train.csv", `image,label\n${rows.join("\n")}\n`) })).toBe(7);
});

test("a column that was misspelt is offered", async () => {
  const data = { train: file("train.csv", "image,label\na,1\nb,2\n"), columns: { label: "lable" } };
  expect(await failure(() => classes(data))).toMatchObject({ hint: "Did you mean label?" });
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
  [
    "a column of images that is not there",
    () => ({ train: file("train.csv", "img,label\na,x\nb,y\n") }),
    "task.data.columns.image: got image",
  ],
  ["a row without label", () => ({ train: file("train.csv", "image,label\na,x\nb,\n") }), "row 2 of"],
  ["a broken CSV", () => ({ train: file("train.csv", 'image,label\na,"x\n') }), "as CSV"],
  [
    "a broken JSONL",
    () => ({ train: file("train.jsonl", '{"image": "a", "label": 1}\n{"label"') }),
    "line 2 is no JSON object",
  ],
  ["a JSONL of lists", () => ({ train: file("train.jsonl", "[1]\n") }), "line 1 is no JSON object"],
  [
    "a CSV in another encoding",
    () => ({ train: file("train.csv", Buffer.from("image,label\na,caf\xe9\nb,x\n", "latin1")) }),
    "as CSV: line 2 is not UTF-8",
  ],
  [
    "a JSONL in another encoding, far into the file",
    () => {
      const rows = `{"image":"a","label":"x"}\n`.repeat(20_000);
      return { train: file("train.jsonl", Buffer.from(`${rows}{"label":"\xe9"}\n`, "latin1")) };
    },
    "as JSONL: line 20001 is not UTF-8",
  ],
])("%s is explained", async (_what, data, part) => {
  const error = await failure(() => classes(data()));
  expect(error).toMatchObject({ code: "configuration" });
  expect(error.message).toContain(part);
});
