/** Data found in real folders: image files with real first bytes, and tables. */
import { mkdirSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { countClasses } from "../../../ts/planning/count-classes.js";
import { findData, inspectData } from "../../../ts/sdk/inspect-data.js";
import { starterData } from "../../../ts/sdk/starter-config.js";
import { scratch } from "../../scratch.js";
import { images, PNG, write } from "./data-files.js";

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
