/** `esta init` over texts and conversations. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { makePlan, readConfig } from "../../ts/index.js";
import { esta } from "./cli.js";
import { KEYS } from "./terminal.js";
import { asked, file, here, init, QUESTIONS, takeDefaults } from "./wizard-screen.js";

const { enter, down, erase } = KEYS;

describe("texts", () => {
  const LENGTH = "How many tokens of a text are kept\\?";
  const bert = (width: number, depth: number) =>
    JSON.stringify({
      ...{ model_type: "bert", architectures: ["BertModel"], vocab_size: 2000, hidden_size: width },
      ...{ num_hidden_layers: depth, num_attention_heads: 2, intermediate_size: 4 * width },
      ...{ max_position_embeddings: 96, type_vocab_size: 2 },
    });

  test("are found, offered the families that read them, asked their length, and give a file that plans", async () => {
    rmSync(here("photos"), { recursive: true });
    writeFileSync(here("reviews.csv"), "review,stars\nvery good indeed,5\nrather bad,1\nso so,3\n,3\n");
    for (const [name, width] of [
      ["small", 16],
      ["wide", 32],
    ] as const) {
      mkdirSync(here("models", name), { recursive: true });
      writeFileSync(here("models", name, "config.json"), bert(width, 3));
      writeFileSync(here("models", name, "model.safetensors"), "");
    }
    const terminal = init();
    await terminal.until(asked(QUESTIONS[0]));
    expect(terminal.screen.text).toContain("reviews.csv  CSV of texts, 4 examples, 3 classes");
    await terminal.type(enter);
    await terminal.until(asked(QUESTIONS[1]));
    expect(terminal.screen.text).toContain("columns: review (text), stars (class)");
    expect(terminal.screen.text).toContain("row 4 has no review");
    expect(terminal.screen.text).toContain("models found here");
    expect(terminal.screen.text).toMatch(/minilm +\d+ stitches/);
    expect(terminal.screen.text).not.toMatch(/tiny-vit|smollm/);
    await terminal.type(enter);
    await terminal.until(asked(LENGTH));
    expect(terminal.screen.text).toContain("The longest text has about 5.");
    await terminal.type(down, down, enter); // another number
    await terminal.until(asked("How many tokens\\?"));
    await terminal.type("97", enter);
    await terminal.until(/got "97"; a whole number from 1 to 96/);
    await terminal.type(erase, "48", enter);
    await takeDefaults(terminal, 2);
    expect(terminal.screen.text).toContain("texts of up to 48 tokens");
    await terminal.type(enter);
    expect(await terminal.ended).toBe(0);
    const config = readConfig(file());
    expect(config.task).toMatchObject({
      ...{
        type: "text-classification",
        sequence_length: 48,
        data: { columns: { text: "review", label: "stars" } },
      },
    });
    const plan = await makePlan(config).catch((error: Error) => error.message);
    // The odd row has a class all the same: only its text is missing.
    expect(plan).toMatchObject({ family: { kind: "bert", tokens: 48, classes: 3 } });
  }, 120_000);

  test("conversations by flags alone: the command that is printed writes the same file", async () => {
    const row = JSON.stringify({ instruction: "add", input: "1 2", output: "3" });
    writeFileSync(here("chats.jsonl"), `${row}\n${row}\n`);
    const first = await esta(["init", "--data", "chats.jsonl", "--yes", "--json"], { cwd: here() });
    expect(first.code).toBe(0);
    const { command, data } = JSON.parse(first.stdout);
    expect(data).toMatchObject({ task: "instruction-tuning", examples: 2 });
    expect(command).toContain("--task instruction-tuning");
    const text = readFileSync(file(), "utf8");
    expect(readConfig(file()).task).toMatchObject({ type: "instruction-tuning", metric: "perplexity" });
    const again = await esta([...command.split(" ").slice(1), "--force"], { cwd: here() });
    expect(again.code).toBe(0);
    expect(readFileSync(file(), "utf8")).toBe(text);
    const missing = await esta(["init", "more.yaml", "--data", "chats.jsonl", "--json"], { cwd: here() });
    expect(JSON.parse(missing.stdout).error.details.missing).toContain("--sequence-length");
  }, 60_000);
});
