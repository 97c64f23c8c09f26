/** Completion: what is offered, and that each shell that is installed asks for it and shows it. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, test } from "vitest";
import { COMMANDS } from "../../../ts/cli/commands.js";
import { completionScript, SHELLS, type Shell } from "../../../ts/cli/ui/completion-scripts.js";
import { completionWords } from "../../../ts/cli/ui/completion-words.js";
import { METHOD_NAMES } from "../../../ts/config/schema/method.js";
import { ESTA } from "../../e2e/cli.js";
import { scratch } from "../../scratch.js";

const words = async (...typed: string[]) => (await completionWords(typed)).map(({ word }) => word);

describe("what is offered", () => {
  test("every command, with what it does", async () => {
    const offered = await completionWords([""]);
    for (const [name, { describe }] of Object.entries(COMMANDS))
      expect(offered).toContainEqual({ word: name, describe });
  });

  test("only what begins as typed", async () => {
    expect(await words("pl")).toEqual(["plan"]);
    expect(await words("zz")).toEqual([]);
  });

  test.each(Object.keys(COMMANDS))("options of %s, which is loaded for it", async (name) => {
    const offered = await words(name, "--");
    expect(offered).toEqual(expect.arrayContaining(["--json", "--help"]));
    for (const option of offered) expect(option).toMatch(/^--[a-z][a-z-]*$/);
  });

  test("options are not offered twice, values of one are", async () => {
    expect(await words("plan", "x.yaml", "--method", "esta", "--")).not.toContain("--method");
    expect(await words("adapt", "x.yaml", "--method", "")).toEqual([...METHOD_NAMES]);
    expect(await words("evaluate", "run", "--split", "t")).toEqual(["train", "test"]);
    expect(await words("init", "--axis", "")).toEqual(["macs", "params", "memory"]);
    expect(await words("families", "d")).toEqual(["deit", "dinov2"]);
  });

  test("a flag that is on by default is offered to turn it off", async () => {
    expect(await words("init", "--no")).toEqual(["--no-input"]);
  });

  test("where a file or a folder is wanted nothing is, for the shell knows better", async () => {
    expect(await words("plan", "")).toEqual([]);
    expect(await words("plan", "x.yaml", "--out", "")).toEqual([]);
    expect(await words("no-such-command", "")).toEqual([]);
  });
});

/** How each shell is asked what it would complete, without a terminal. */
const ASK: Record<Shell, (line: string) => string> = {
  bash: (line) =>
    `source <(esta completion bash); COMP_WORDS=(${line} ""); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _esta; printf '%s\\n' "\${COMPREPLY[@]}"`,
  // _describe and _files draw; here they say what they were given.
  zsh: (line) =>
    `autoload -Uz compinit; compinit -u -D; _describe() { print -rl -- \${\${(@P)2}%%:*} }; _files() { print files }; ` +
    `source <(esta completion zsh); words=(${line} ""); CURRENT=\${#words}; _esta`,
  fish: (line) =>
    `esta completion fish | source; complete -C ${JSON.stringify(`${line} `)} | string replace -r '\\t.*' ''; true`,
};

describe.each(SHELLS)("in %s", (shell) => {
  const folder = scratch();
  const installed = process.env.PATH?.split(delimiter).some((path) => existsSync(join(path, shell)));
  const complete = async (line: string) => {
    const path = [join(folder, "bin"), process.env.PATH].join(delimiter);
    const flags = shell === "zsh" ? ["-f"] : shell === "bash" ? ["--norc"] : ["--no-config"];
    const env = { PATH: path, HOME: folder };
    const { stdout } = await execa(shell, [...flags, "-c", ASK[shell](line)], { cwd: folder, env });
    return stdout.split("\n").filter((word) => word !== "");
  };
  beforeAll(() => {
    mkdirSync(join(folder, "bin"));
    writeFileSync(join(folder, "bin", "esta"), `#!/bin/sh\nexec ${process.execPath} ${ESTA} "$@"\n`, {
      mode: 0o755,
    });
    writeFileSync(join(folder, "photos.yaml"), "");
  });

  test("the script asks esta and has no machine's paths", () => {
    expect(completionScript(shell)).toContain("ESTA_WORDS");
    expect(completionScript(shell)).not.toMatch(/\/(home|root|work|tmp)\//);
  });

  test("commands, values and files complete", async (context) => {
    if (!installed) return context.skip(`${shell} is not installed`);
    expect((await complete("esta")).sort()).toEqual(
      expect.arrayContaining(["adapt", "init", "plan", "watch"]),
    );
    expect((await complete("esta evaluate run --split")).sort()).toEqual(["test", "train", "validation"]);
    const files = await complete("esta plan");
    // bash completes files itself, once its function has found nothing.
    expect(files).toEqual(
      shell === "bash" ? [] : shell === "zsh" ? ["files"] : expect.arrayContaining(["photos.yaml"]),
    );
  });
});
