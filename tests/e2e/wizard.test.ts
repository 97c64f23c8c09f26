/** `esta init` as a person meets it, in a pseudo-terminal. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { makePlan, readConfig } from "../../ts/index.js";
import { esta } from "./cli.js";
import { KEYS } from "./terminal.js";
import { asked, file, here, init, QUESTIONS, takeDefaults, WRITE } from "./wizard-screen.js";

const { enter, back, down, up, interrupt, erase } = KEYS;

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
    expect(config.task?.data).toMatchObject({ train: here("photos") });
    expect(config.deployment).toMatchObject({ axis: "macs", intervals: 5 });
    expect((await makePlan(config)).family.classes).toBe(3);
    expect((await esta(["plan", file()])).code).toBe(0);
    const shown = /^ {2}(esta init esta\.yaml .*?)$/ms.exec(terminal.screen.text)?.[1] ?? "";
    expect(shown).toContain("--data photos --family tiny-vit");
    const wrapped = terminal.screen.text.slice(terminal.screen.text.indexOf(shown)).split("\n\n")[0] ?? "";
    const words = wrapped.replaceAll("\n", "").trim().split(" ").slice(1);
    const text = readFileSync(file(), "utf8");
    const again = await esta([...words, "--force"], { cwd: here() });
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
    expect(task?.data).toMatchObject({ train: here("photos") });
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
      expect(readdirSync(here())).toEqual(["photos"]);
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
    expect(readConfig(here("other.yaml")).family).toBe("tiny-vit");
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
