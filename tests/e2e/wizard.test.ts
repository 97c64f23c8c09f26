/** `esta init` as a person meets it, in a pseudo-terminal; and as a script does, without one. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { beforeEach, describe, expect, test } from "vitest";
import { makePlan, readConfig } from "../../ts/index.js";
import { scratch } from "../scratch.js";
import { ESTA, esta } from "./cli.js";
import { KEYS, startTerminal, type Terminal, type TerminalOptions } from "./terminal.js";

const { enter, back, down, up, interrupt, erase } = KEYS;
const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
let folder: string;

beforeEach(() => {
  folder = scratch();
  for (const name of ["cat/1.png", "cat/2.png", "dog/1.png", "eel/1.png", "eel/notes.txt"]) {
    mkdirSync(dirname(join(folder, "photos", name)), { recursive: true });
    writeFileSync(join(folder, "photos", name), PNG);
  }
});

const init = (args: readonly string[] = [], options: TerminalOptions = {}) =>
  startTerminal(["init", ...args], { cwd: folder, ...options });
const file = () => join(folder, "esta.yaml");
/** The question that is being asked: clack marks it. */
const asked = (text: string) => new RegExp(`(?:◆|\\*) {2}${text}`);
const QUESTIONS = [
  "Which data\\?",
  "Which family",
  "Which method\\?",
  "How long to train\\?",
  "Which cost",
  "For which budgets",
] as const;
const WRITE = "Write esta.yaml\\?";

/** Takes the marked answers from the question at hand up to the last one. */
async function takeDefaults(terminal: Terminal, from = 0): Promise<void> {
  for (const question of QUESTIONS.slice(from)) {
    await terminal.until(asked(question));
    await terminal.type(enter);
  }
  await terminal.until(asked(WRITE));
}

describe("in a terminal", () => {
  test("the marked answers give a configuration that plans, and the command gives the same", async () => {
    const terminal = init();
    await terminal.until(asked(QUESTIONS[0]));
    expect(terminal.screen.text).toContain("photos  image folder, 4 examples, 3 classes");
    await terminal.type(enter);
    await terminal.until(asked(QUESTIONS[1]));
    expect(terminal.screen.text).toContain("classes: cat 2, dog 1, eel 1");
    expect(terminal.screen.text).toContain("eel/notes.txt is left out");
    // What each family would give stands beside it, before it is chosen.
    expect(terminal.screen.text).toMatch(
      /tiny-vit +\d+ stitches, [\d.]+ MB, (?:about \d+ min|under a minute)/,
    );
    expect(terminal.screen.text).toMatch(/deit +\d+ stitches, [\d.]+ GB, about \d+ h/);
    await takeDefaults(terminal, 1);
    expect(existsSync(file())).toBe(false);
    await terminal.type(enter);
    expect(await terminal.ended).toBe(0);
    const config = readConfig(file());
    expect(config.task?.data).toMatchObject({ train: join(folder, "photos") });
    expect(config.deployment).toMatchObject({ axis: "macs", intervals: 5 });
    expect((await makePlan(config)).family.classes).toBe(3);
    expect((await esta(["plan", file()])).code).toBe(0);
    const shown = /^ {2}(esta init esta\.yaml .*?)$/ms.exec(terminal.screen.text)?.[1] ?? "";
    expect(shown).toContain("--data photos --family tiny-vit");
    const wrapped = terminal.screen.text.slice(terminal.screen.text.indexOf(shown)).split("\n\n")[0] ?? "";
    const words = wrapped.replaceAll("\n", "").trim().split(" ").slice(1);
    const text = readFileSync(file(), "utf8");
    const again = await esta([...words, "--force"], { cwd: folder });
    expect(again.code).toBe(0);
    expect(readFileSync(file(), "utf8")).toBe(text);
  }, 120_000);

  test("Esc goes back, over a question typed too, and what is answered anew counts", async () => {
    const terminal = init();
    await terminal.until(asked(QUESTIONS[0]));
    await terminal.type(down, down, enter); // digits
    await terminal.until(asked(QUESTIONS[1]));
    await terminal.type(back);
    await terminal.until(asked(QUESTIONS[0]));
    await terminal.type(up, up, enter);
    for (const question of QUESTIONS.slice(1, 5)) {
      await terminal.until(asked(question));
      await terminal.type(enter);
    }
    await terminal.until(asked(QUESTIONS[5]));
    await terminal.type(down, down, enter); // budgets of one's own
    await terminal.until(asked("Budgets, ascending"));
    await terminal.type(back);
    await terminal.until(asked(QUESTIONS[5]));
    await terminal.type(back);
    await terminal.until(asked(QUESTIONS[4]));
    await terminal.type(down, enter);
    await terminal.until(asked(QUESTIONS[5]));
    await terminal.type(up, enter);
    await terminal.until(asked(WRITE));
    await terminal.type(enter);
    expect(await terminal.ended).toBe(0);
    const { task, deployment } = readConfig(file());
    expect(task?.data).toMatchObject({ train: join(folder, "photos") });
    expect(deployment).toMatchObject({ axis: "params", intervals: 3 });
  }, 120_000);

  test.each([
    ["Ctrl-C in the middle", 1, interrupt],
    ["Ctrl-C at a typed question's place", 5, interrupt],
    ["Esc at the first question", 0, back],
  ])(
    "%s leaves with 130 and writes nothing",
    async (_name, at, key) => {
      const terminal = init();
      for (const question of QUESTIONS.slice(0, at)) {
        await terminal.until(asked(question));
        await terminal.type(enter);
      }
      await terminal.until(asked(QUESTIONS[at] as string));
      await terminal.type(key);
      expect(await terminal.ended).toBe(130);
      expect(terminal.screen.text).toContain("nothing was written");
      expect(readdirSync(folder)).toEqual(["photos"]);
      // The cursor is shown again.
      expect(terminal.raw.lastIndexOf("\x1b[?25h")).toBeGreaterThan(terminal.raw.lastIndexOf("\x1b[?25l"));
    },
    60_000,
  );

  test("wrong input is named, and can be mended", async () => {
    const terminal = init();
    await terminal.until(asked(QUESTIONS[0]));
    await terminal.type(down, enter);
    await terminal.until(asked("Path of the training data"));
    await terminal.type("nowhere", enter);
    await terminal.until(/no such file or folder: nowhere/);
    await terminal.type(erase, "photos", enter);
    for (const question of QUESTIONS.slice(1, 3)) {
      await terminal.until(asked(question));
      await terminal.type(enter);
    }
    await terminal.until(asked(QUESTIONS[3]));
    await terminal.type(down, down, enter);
    await terminal.until(asked("How many steps"));
    await terminal.type("many", enter);
    await terminal.until(/got "many"; a whole number from 1/);
    await terminal.type(erase, "77", enter);
    await terminal.until(asked(QUESTIONS[4]));
    await terminal.type(enter);
    await terminal.until(asked(QUESTIONS[5]));
    await terminal.type(down, down, enter);
    await terminal.until(asked("Budgets, ascending"));
    await terminal.type("10M, 5M", enter);
    await terminal.until(/allowed: ascending numbers/);
    await terminal.type(erase, "1k", enter);
    await terminal.until(/no stitch meets a budget/);
    await terminal.type(erase, "5M, 10M", enter);
    await terminal.until(asked(WRITE));
    await terminal.type(enter);
    expect(await terminal.ended).toBe(0);
    const { training, deployment } = readConfig(file());
    expect(training.steps).toBe(77);
    expect(deployment.budgets).toEqual([5e6, 1e7]);
  }, 120_000);

  test("what is there is replaced only when that is chosen; another name serves too", async () => {
    writeFileSync(file(), "mine\n");
    const terminal = init();
    for (const question of QUESTIONS) {
      await terminal.until(asked(question));
      await terminal.type(enter);
    }
    await terminal.until(asked("esta.yaml is there already"));
    await terminal.type(down, enter);
    await terminal.until(asked("File name"));
    await terminal.type(erase, "other.txt", enter);
    await terminal.until(/ends in .yaml or .yml/);
    await terminal.type(erase, "other.yaml", enter);
    await terminal.until(asked("Write other.yaml"));
    await terminal.type(enter);
    expect(await terminal.ended).toBe(0);
    expect(readFileSync(file(), "utf8")).toBe("mine\n");
    expect(readConfig(join(folder, "other.yaml")).family).toBe("tiny-vit");
  }, 120_000);

  test("a narrow screen and a resized one show every question whole", async () => {
    const terminal = init([], { columns: 40, rows: 24 });
    await terminal.until(asked(QUESTIONS[0]));
    for (const line of terminal.screen.view) expect([...line].length).toBeLessThanOrEqual(40);
    await terminal.type(enter);
    await terminal.until(asked(QUESTIONS[1]));
    expect(terminal.screen.text).toMatch(/● tiny-vit/);
    terminal.resize(90);
    await terminal.type(down, up);
    await terminal.until(/● tiny-vit/);
    terminal.resize(50);
    await takeDefaults(terminal, 1);
    await terminal.type(enter);
    expect(await terminal.ended).toBe(0);
    expect(readConfig(file()).family).toBe("tiny-vit");
  }, 120_000);

  test("in a locale without Unicode it draws ASCII, and under NO_COLOR no colour", async () => {
    const terminal = init([], { env: { LANG: "C", NO_COLOR: "1" } });
    await takeDefaults(terminal);
    await terminal.type(enter);
    expect(await terminal.ended).toBe(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
    const colours = /\x1b\[(?:3[0-7]|9[0-7]|4[0-7])m/;
    expect(terminal.raw).not.toMatch(colours);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what ASCII is
    expect(terminal.raw).toMatch(/^[\x00-\x7f]*$/);
  }, 120_000);

  test("flags are not asked again; with all of them nothing is", async () => {
    const some = init([
      "--data",
      "digits",
      "--family",
      "tiny-vit",
      "--method",
      "esta",
      "--steps",
      "50",
      "--axis",
      "macs",
    ]);
    await some.until(asked(QUESTIONS[5]));
    expect(some.screen.text).not.toContain("Which data");
    await some.type(back);
    expect(await some.ended).toBe(130);
    const all = init([
      "--data",
      "photos",
      "--family",
      "tiny-vit",
      "--method",
      "lora",
      "--steps",
      "50",
      "--axis",
      "macs",
      "--intervals",
      "2",
    ]);
    expect(await all.ended).toBe(0);
    expect(readConfig(file()).method.name).toBe("lora");
    const again = init([
      "--data",
      "photos",
      "--family",
      "tiny-vit",
      "--method",
      "lora",
      "--steps",
      "50",
      "--axis",
      "macs",
      "--intervals",
      "3",
    ]);
    expect(await again.ended).toBe(2);
    expect(again.screen.text).toContain("--force");
  }, 120_000);
});

describe("texts", () => {
  const LENGTH = "How many tokens of a text are kept\\?";
  const bert = (width: number, depth: number) =>
    JSON.stringify({
      ...{ model_type: "bert", architectures: ["BertModel"], vocab_size: 2000, hidden_size: width },
      ...{ num_hidden_layers: depth, num_attention_heads: 2, intermediate_size: 4 * width },
      ...{ max_position_embeddings: 96, type_vocab_size: 2 },
    });

  test("are found, offered the families that read them, asked their length, and give a file that plans", async () => {
    rmSync(join(folder, "photos"), { recursive: true });
    writeFileSync(
      join(folder, "reviews.csv"),
      "review,stars\nvery good indeed,5\nrather bad,1\nso so,3\n,3\n",
    );
    for (const [name, width] of [
      ["small", 16],
      ["wide", 32],
    ] as const) {
      mkdirSync(join(folder, "models", name), { recursive: true });
      writeFileSync(join(folder, "models", name, "config.json"), bert(width, 3));
      writeFileSync(join(folder, "models", name, "model.safetensors"), "");
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
    writeFileSync(join(folder, "chats.jsonl"), `${row}\n${row}\n`);
    const first = await esta(["init", "--data", "chats.jsonl", "--yes", "--json"], { cwd: folder });
    expect(first.code).toBe(0);
    const { command, data } = JSON.parse(first.stdout);
    expect(data).toMatchObject({ task: "instruction-tuning", examples: 2 });
    expect(command).toContain("--task instruction-tuning");
    const text = readFileSync(file(), "utf8");
    expect(readConfig(file()).task).toMatchObject({ type: "instruction-tuning", metric: "perplexity" });
    const again = await esta([...command.split(" ").slice(1), "--force"], { cwd: folder });
    expect(again.code).toBe(0);
    expect(readFileSync(file(), "utf8")).toBe(text);
    const missing = await esta(["init", "more.yaml", "--data", "chats.jsonl", "--json"], { cwd: folder });
    expect(JSON.parse(missing.stdout).error.details.missing).toContain("--sequence-length");
  }, 60_000);
});

describe("never asks", () => {
  const missing = /missing: --data, --family, --method, --steps, --axis, --intervals or --budgets/;

  test.each([
    ["under CI", [], { CI: "1" }],
    ["in a terminal that cannot be redrawn", [], { TERM: "dumb" }],
    ["with --no-input", ["--no-input"], {}],
    ["with --json", ["--json"], {}],
  ])("%s, though there is a terminal", async (_name, args, env) => {
    const terminal = init(args, { env, columns: 200 });
    expect(await terminal.ended).toBe(2);
    expect(terminal.screen.text).toMatch(missing);
    expect(existsSync(file())).toBe(false);
  });

  test.each(["ignore", "pipe"] as const)("with stdin as %s", async (stdin) => {
    const { code, stderr, stdout } = await esta(["init"], { cwd: folder, stdin });
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(missing);
  });

  test("with --json what is missing is told as data", async () => {
    const { stdout } = await esta(["init", "--json", "--family", "deit"], { cwd: folder });
    expect(JSON.parse(stdout).error.details.missing).toEqual([
      ...["--data", "--method", "--steps", "--axis", "--intervals or --budgets"],
    ]);
  });

  test("--yes takes the data that is there; none or several have to be named", async () => {
    const { code, stdout } = await esta(["init", "--yes", "--json"], { cwd: folder });
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ file: "esta.yaml", data: { examples: 4, class_count: 3 } });
    expect(result.next.at(-1)).toBe("esta adapt esta.yaml");
    expect(readConfig(file()).task?.data).toMatchObject({ train: join(folder, "photos") });
    const twice = await esta(["init", "--yes"], { cwd: folder });
    expect(twice.code).toBe(2);
    expect(twice.stderr).toContain("--force");
    const none = await esta(["init", "--yes"], { cwd: scratch() });
    expect(none.code).toBe(2);
    expect(none.stderr).toMatch(/no data found.*--data/);
    writeFileSync(join(folder, "list.csv"), "image,label\nphotos/cat/1.png,a\nphotos/dog/1.png,b\n");
    const several = await esta(["init", "more.yaml", "--yes"], { cwd: folder });
    expect(several.code).toBe(2);
    expect(several.stderr).toMatch(/list\.csv, photos.*--data/);
  }, 60_000);

  test.each([
    [["--steps", "0"], /--steps got 0/],
    [["--intervals", "2.5"], /--intervals got 2.5/],
    [["--budgets", "5M,lots"], /got "lots"/],
    [["--budgets", "5M", "--intervals", "3"], /mutually exclusive/],
    [["--validation", "1.5"], /--validation got 1.5/],
    [["--family", "diet"], /Did you mean deit/],
    [["--data", "again"], /--data was given 2 times/],
    [["--test", "nowhere", "--force"], /no such file or folder/],
    [["--method", "magic"], /Choices: "esta", "snnet"/],
  ])("%j is refused with what is allowed, and nothing is written", async (flags, message) => {
    const { code, stderr } = await esta(["init", "--data", "photos", "--yes", ...flags], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(existsSync(file())).toBe(false);
  });

  test("a closed stdin ends at once", async () => {
    const { exitCode } = await execa({
      cwd: folder,
      shell: true,
      reject: false,
      timeout: 30_000,
    })`node ${ESTA} init <&-`;
    expect(exitCode).toBe(2);
  });
});
