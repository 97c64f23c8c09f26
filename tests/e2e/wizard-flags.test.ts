/** `esta init` as a script meets it: it never asks, and says what is missing. */
import { existsSync, writeFileSync } from "node:fs";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../ts/index.js";
import { scratch } from "../scratch.js";
import { ESTA, esta } from "./cli.js";
import { file, here, init } from "./wizard-screen.js";

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
    const { code, stderr, stdout } = await esta(["init"], { cwd: here(), stdin });
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(missing);
  });

  test("with --json what is missing is told as data", async () => {
    const { stdout } = await esta(["init", "--json", "--family", "deit"], { cwd: here() });
    expect(JSON.parse(stdout).error.details.missing).toEqual([
      ...["--data", "--method", "--steps", "--axis", "--intervals or --budgets"],
    ]);
  });

  test("--yes takes the data that is there; none or several have to be named", async () => {
    const { code, stdout } = await esta(["init", "--yes", "--json"], { cwd: here() });
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ file: "esta.yaml", data: { examples: 4, class_count: 3 } });
    expect(result.next.at(-1)).toBe("esta adapt esta.yaml");
    expect(readConfig(file()).task?.data).toMatchObject({ train: here("photos") });
    const twice = await esta(["init", "--yes"], { cwd: here() });
    expect(twice.code).toBe(2);
    expect(twice.stderr).toContain("--force");
    const none = await esta(["init", "--yes"], { cwd: scratch() });
    expect(none.code).toBe(2);
    expect(none.stderr).toMatch(/no data found.*--data/);
    writeFileSync(here("list.csv"), "image,label\nphotos/cat/1.png,a\nphotos/dog/1.png,b\n");
    const several = await esta(["init", "more.yaml", "--yes"], { cwd: here() });
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
    [["--method", "magic"], /--method got "magic"; allowed: esta, snnet/],
  ])("%j is refused with what is allowed, and nothing is written", async (flags, message) => {
    const { code, stderr } = await esta(["init", "--data", "photos", "--yes", ...flags], { cwd: here() });
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(existsSync(file())).toBe(false);
  });

  test("a closed stdin ends at once", async () => {
    const { exitCode } = await execa({
      cwd: here(),
      shell: true,
      reject: false,
      timeout: 30_000,
    })`node ${ESTA} init <&-`;
    expect(exitCode).toBe(2);
  });
});
