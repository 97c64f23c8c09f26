/** Data found in real folders: image files with real first bytes, tables, and Parquet and saved sets by their own writer. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { beforeAll, describe, expect, test } from "vitest";
import { countClasses } from "../../../ts/planning/count-classes.js";
import { findData, inspectData } from "../../../ts/sdk/inspect-data.js";
import { starterData } from "../../../ts/sdk/starter-config.js";
import { scratch } from "../../scratch.js";

const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");

/** Writes files; a list of names gets a PNG's first bytes each. */
function write(folder: string, files: Record<string, string | Buffer>): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

const images = (...names: string[]) => Object.fromEntries(names.map((name) => [name, PNG]));

describe("image folders", () => {
  test("classes come in natural order with their counts, and what is odd is named", async () => {
    const folder = write(scratch(), {
      ...images("c10/a.png", "c2/a.png", "c2/deep/b.jpg"),
      "c2/notes.txt": "x",
      "c2/page.png": "<html>",
      "c10/void.png": "",
      "readme.md": "x",
      ".hidden/x.png": PNG,
    });
    mkdirSync(join(folder, "none"));
    const data = await inspectData(folder);
    expect(data).toMatchObject({ format: "image-folder", examples: 5, complete: true, class_count: 3 });
    expect(data.classes).toEqual([
      { name: "c2", examples: 3 },
      { name: "c10", examples: 2 },
      { name: "none", examples: 0 },
    ]);
    const odd = Object.fromEntries(data.odd.map(({ file, why }) => [file, why]));
    expect(odd).toEqual({
      "c2/notes.txt": expect.stringContaining("left out"),
      "c2/page.png": expect.stringContaining("no image"),
      "c10/void.png": "is empty",
      "readme.md": expect.stringContaining("left out"),
      none: expect.stringContaining("without images"),
    });
    expect(data.odd_count).toBe(5);
    // The planner counts the same.
    expect(await countClasses({ train: folder } as never)).toBe(data.class_count);
  });

  test("class folders may be links", async () => {
    const folder = write(scratch(), images("real/a/1.png", "set/b/1.png"));
    symlinkSync(join(folder, "real", "a"), join(folder, "set", "a"));
    expect((await inspectData(join(folder, "set"))).classes.map(({ name }) => name)).toEqual(["a", "b"]);
  });

  test("parts of usual names are found beside the training part", async () => {
    const folder = write(
      scratch(),
      images(...["train", "val", "test"].flatMap((part) => [`${part}/a/1.png`, `${part}/b/1.png`])),
    );
    const data = await inspectData(folder);
    expect(data).toMatchObject({
      train: join(folder, "train"),
      validation: join(folder, "val"),
      test: join(folder, "test"),
      examples: 2,
    });
  });

  test("one class is none to tell apart", async () => {
    const folder = write(scratch(), images("only/1.png", "only/2.png"));
    await expect(inspectData(folder)).rejects.toThrow(/is no image folder/);
  });
});

describe("tables", () => {
  test("columns are guessed, labels counted, missing images named", async () => {
    const folder = write(scratch(), {
      ...images("i/0.png", "i/1.png"),
      "list.csv": "width,file,kind\n8,i/0.png,cat\n8,i/1.png,dog\n8,i/2.png,dog\n8,,dog\n8,i/0.png,\n",
    });
    const data = await inspectData(join(folder, "list.csv"));
    expect(data.columns).toEqual({ image: "file", label: "kind" });
    expect(data.classes).toEqual([
      { name: "cat", examples: 1 },
      { name: "dog", examples: 3 },
    ]);
    expect(data.odd.map(({ file, why }) => `${file} ${why}`)).toEqual([
      "i/2.png is missing",
      "row 4 has no file",
      "row 5 has no kind",
    ]);
  });

  test("named columns override the guess, and must be there", async () => {
    const folder = write(scratch(), {
      "list.jsonl": '{"a": "x.png", "b": 1, "label": "p"}\n\n{"a": "y.png", "b": 2, "label": "p"}\n',
    });
    const file = join(folder, "list.jsonl");
    expect((await inspectData(file, { columns: { label: "b" } })).classes.map(({ name }) => name)).toEqual([
      "1",
      "2",
    ]);
    await expect(inspectData(file, { columns: { label: "kind" } })).rejects.toThrow(
      /has no column kind; it has a, b, label/,
    );
  });

  test.each([
    ["sizes.csv", "width,label\n8,1\n9,0\n", /no column holds texts or names of images/],
    ["chats.csv", "instruction,output\nsay a,a\n", /is a CSV: conversations are read from JSONL/],
    ["same.csv", "image,width\na.png,8\nb.png,8\n", /no column looks like a class/],
    ["empty.csv", "image,label\n", /has no rows/],
    ["torn.csv", 'image,label\n"a.png,cat\n', /cannot be read as CSV/],
    ["bad.jsonl", "[1]\n", /line 1 is no JSON object/],
    ["notes.txt", "x", /its ending is none of .csv/],
  ])("%s is refused with the reason", async (name, text, reason) => {
    const file = join(write(scratch(), { [name]: text }), name);
    await expect(inspectData(file)).rejects.toThrow(reason);
  });
});

test("a folder's sets are all found, parts are not sets of their own, the rest is skipped with the reason", async () => {
  const csv = "image,label\nphotos/a/1.png,a\nphotos/b/1.png,b\n";
  const folder = write(scratch(), {
    ...images("photos/a/1.png", "photos/b/1.png"),
    "train.csv": csv,
    "val.csv": csv,
    "test.csv": csv,
    "sizes.csv": "width,label\n1,1\n3,2\n",
    "talk/train.jsonl":
      '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n',
    "runs/a/1.png": PNG,
    "runs/b/1.png": PNG,
  });
  const { found, skipped } = await findData(folder);
  expect(found.map(({ train }) => basename(train))).toEqual(["photos", "train.jsonl", "train.csv"]);
  expect(found[2]).toMatchObject({ validation: join(folder, "val.csv"), test: join(folder, "test.csv") });
  expect(skipped.map(({ path }) => basename(path))).toEqual(["sizes.csv"]);
});

describe("texts", () => {
  const inspect = (name: string, text: string, options = {}) =>
    inspectData(join(write(scratch(), { [name]: text }), name), options);
  const odd = (data: { odd: { file: string; why: string }[] }) =>
    data.odd.map(({ file, why }) => `${file} ${why}`);

  test("a table of texts has its columns guessed, its classes and lengths counted, its odd rows named", async () => {
    const data = await inspect(
      "list.csv",
      'stars,note,id\n1,"so, so",a\n2,very good indeed,b\n2,,c\n,fine,d\n',
    );
    expect(data).toMatchObject({
      ...{ task: "text-classification", examples: 4, class_count: 2 },
      columns: { text: "note", label: "stars" },
      text_lengths: { mean: (6 + 16 + 0 + 4) / 4, longest: 16, longest_row: 2 },
    });
    expect(odd(data)).toEqual(["row 3 has no note", "row 4 has no stars"]);
    expect(starterData(data)).toMatchObject({ task: "text-classification", columns: data.columns });
  });

  test("pairs of texts are seen by their usual names", async () => {
    const row = { premise: "it rains today", hypothesis: "it is wet", label: "yes" };
    const rows = [row, { ...row, label: "no" }].map((fields) => JSON.stringify(fields)).join("\n");
    expect((await inspect("pairs.jsonl", rows)).columns).toEqual({
      ...{ text: "premise", text_pair: "hypothesis", label: "label" },
    });
  });

  test("named columns and a named task override what the table looks like", async () => {
    const text = "file,caption,label\na.png,one cat,1\nb.png,two dogs,2\n";
    expect((await inspect("list.csv", text)).task).toBe("image-classification");
    const asked = await inspect("list.csv", text, { task: "text-classification" });
    expect(asked).toMatchObject({ columns: { text: "caption", label: "label" }, odd_count: 0 });
    const named = await inspect("list.csv", text, { columns: { text: "file", label: "caption" } });
    expect(named).toMatchObject({ task: "text-classification", columns: { text: "file", label: "caption" } });
    await expect(inspect("list.csv", text, { columns: { text: "captoin" } })).rejects.toThrow(
      /has no column captoin; .*did you mean caption\?/,
    );
  });

  test("conversations in either form are told from texts, and rows that cannot be learned from are named", async () => {
    const rows = [
      {
        messages: [
          { role: "user", content: "hi" },
          { role: "assistant", content: "hello" },
        ],
      },
      { instruction: "add", input: "1 2", output: "3" },
      { instruction: "choose", choices: ["a", "b"], answer: 1 },
      { instruction: "choose", choices: ["a", "b"], answer: 2 },
      { instruction: "say" },
      { messages: [{ role: "user", content: "hi" }] },
      { messages: [{ content: "hi" }] },
      { note: "else" },
    ];
    const data = await inspect("chats.jsonl", rows.map((row) => JSON.stringify(row)).join("\n"));
    expect(data).toMatchObject({ task: "instruction-tuning", examples: 8, class_count: null, classes: [] });
    expect(data.columns).toBeUndefined();
    expect(odd(data)).toEqual([
      "row 4 has choices, but its answer is the index of none of them",
      "row 5 has no output",
      "row 6 has no message of the assistant",
      "row 7 has no role and content in message 1",
      "row 8 has neither messages nor an instruction",
    ]);
  });

  test("a file in another encoding is skipped with the line", async () => {
    const file = join(
      write(scratch(), { "a.csv": Buffer.from("text,label\na b,caf\xe9\n", "latin1") }),
      "a.csv",
    );
    await expect(inspectData(file)).rejects.toThrow(/cannot be read as CSV: line 2 is not UTF-8/);
  });
});

test("nothing there is said as such", async () => {
  expect(await findData(scratch())).toEqual({ found: [], skipped: [] });
  await expect(inspectData("/nowhere/at/all")).rejects.toThrow(/no such file or folder/);
});

describe("Parquet and saved sets, as their own libraries write them", () => {
  const folder = scratch();
  beforeAll(async () => {
    const python = fileURLToPath(new URL("../../../.venv/bin/python", import.meta.url));
    const code = `
import datasets, pyarrow, pyarrow.parquet
datasets.disable_progress_bars()
rows = {"image": [{"bytes": b"x", "path": None}] * 4, "label": [0, 1, 0, 2]}
labels = datasets.ClassLabel(names=["a", "b", "c", "never"])
made = datasets.Dataset.from_dict(rows, features=datasets.Features({"image": datasets.Image(), "label": labels}))
made.to_parquet("made.parquet")
made.save_to_disk("saved")
datasets.DatasetDict(train=made, test=made).save_to_disk("sets")
table = pyarrow.table({"id": list(range(8)), "img": [b"x"] * 8, "target": [1, 2] * 4})
pyarrow.parquet.write_table(table, "plain.parquet")
texts = {"sentence": ["so so", "very good", "bad film"], "label": [1, 0, 1]}
kinds = datasets.Features({"sentence": datasets.Value("string"), "label": datasets.ClassLabel(names=["good", "bad"])})
texts = datasets.Dataset.from_dict(texts, features=kinds)
texts.to_parquet("texts.parquet")
texts.save_to_disk("texts")
talk = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
chats = datasets.Dataset.from_dict({"messages": [talk, talk[:1]]})
chats.to_parquet("chats.parquet")
chats.save_to_disk("chats")
`;
    await execa(python, ["-c", code], { cwd: folder, env: { HF_HUB_OFFLINE: "1" } });
  }, 120_000);

  test("classes are those that datasets declared, also where some have no example", async () => {
    const data = await inspectData(join(folder, "made.parquet"));
    expect(data).toMatchObject({ format: "parquet", examples: 4, class_count: 4, complete: true });
    expect(data.columns).toEqual({ image: "image", label: "label" });
    expect(data.classes.map(({ name, examples }) => `${name} ${examples}`)).toEqual([
      "a 2",
      "b 1",
      "c 1",
      "never 0",
    ]);
    expect(starterData(data).classes).toBe(4);
  });

  test("another writer's file has its labels counted", async () => {
    const data = await inspectData(join(folder, "plain.parquet"));
    expect(data.columns).toEqual({ image: "img", label: "target" });
    expect(data).toMatchObject({ examples: 8, class_count: 2 });
    await expect(inspectData(join(folder, "plain.parquet"), { columns: { label: "kind" } })).rejects.toThrow(
      /no column kind/,
    );
  });

  test("texts and conversations are told from their columns", async () => {
    const texts = await inspectData(join(folder, "texts.parquet"));
    expect(texts).toMatchObject({
      ...{ task: "text-classification", class_count: 2, columns: { text: "sentence", label: "label" } },
      ...{
        classes: [
          { name: "bad", examples: 2 },
          { name: "good", examples: 1 },
        ],
      },
      text_lengths: { longest: 9, longest_row: 2 },
    });
    expect(await inspectData(join(folder, "texts"))).toMatchObject({
      ...{ task: "text-classification", class_count: 2, columns: { text: "sentence", label: "label" } },
    });
    const chats = await inspectData(join(folder, "chats.parquet"));
    expect(chats).toMatchObject({ task: "instruction-tuning", examples: 2, odd_count: 1 });
    expect(chats.odd[0]?.why).toBe("has no message of the assistant");
    expect(await inspectData(join(folder, "chats"))).toMatchObject({ task: "instruction-tuning" });
  });

  test("a saved set and one with parts", async () => {
    expect(await inspectData(join(folder, "saved"))).toMatchObject({ format: "saved", class_count: 4 });
    const parts = await inspectData(join(folder, "sets"));
    expect(parts).toMatchObject({ train: join(folder, "sets", "train"), test: join(folder, "sets", "test") });
  });
});
