/** Parquet files and saved sets found as data, written by their own libraries. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { beforeAll, describe, expect, test } from "vitest";
import { inspectData } from "../../../ts/sdk/inspect-data.js";
import { starterData } from "../../../ts/sdk/starter-config.js";
import { scratch } from "../../scratch.js";

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
