/** What every command writes, wherever it goes: piped, redirected, without colour, under CI, cut off; and in a terminal. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, test } from "vitest";
import { COMMANDS } from "../../ts/cli/commands.js";
import { scratch } from "../scratch.js";
import { DIGITS, ESTA, esta, QUICK } from "./cli.js";
import { KEYS, startTerminal } from "./terminal.js";

const folder = scratch();
const run = join(folder, "run");
const other = join(folder, "other");
const seven = join(folder, "seven.pgm");

beforeAll(async () => {
  for (const name of ["cat/1.png", "dog/1.png"]) {
    mkdirSync(join(folder, "photos", name, ".."), { recursive: true });
    writeFileSync(join(folder, "photos", name), Buffer.from("89504e470d0a1a0a", "hex"));
  }
  writeFileSync(seven, `P2 8 8 16\n${"0 16 16 16 16 16 0 0\n".repeat(8)}`);
  for (const words of [
    ["--run-dir", run],
    ["--method", "lora", "--run-dir", other],
  ]) {
    const { code, stderr } = await esta(["adapt", DIGITS, ...QUICK, ...words], { cwd: folder });
    expect({ code, stderr }).toMatchObject({ code: 0 });
  }
}, 300_000);

/**
 * A line of each command that ends by itself, several of those that do several things; those that would install or
 * download are asked for help only.
 */
const LINES: Record<string, () => string[]> = {
  init: () => ["init", "written.yaml", "--data", "photos", "--yes", "--force"],
  setup: () => ["setup", "--help"],
  doctor: () => ["doctor"],
  families: () => ["families", "deit"],
  fetch: () => ["fetch", "--help"],
  plan: () => ["plan", DIGITS],
  "plan --dry-run": () => ["plan", DIGITS, "--dry-run"],
  adapt: () => ["adapt", DIGITS, ...QUICK, "--run-dir", join(folder, "again"), "--force"],
  resume: () => ["resume", run],
  status: () => ["status", run],
  watch: () => ["watch", run],
  evaluate: () => ["evaluate", run],
  "evaluate --latency": () => ["evaluate", run, "--latency", "--repeats", "2"],
  pareto: () => ["pareto", run],
  select: () => ["select", run, "--max-macs", "100M"],
  explain: () => ["explain", run, "--stitch", "7"],
  report: () => [
    "report",
    run,
    other,
    "--out",
    join(folder, "report.html"),
    "--charts",
    join(folder, "charts"),
  ],
  compare: () => ["compare", run, other],
  predict: () => ["predict", run, seven],
  chat: () => ["chat", "--help"],
  export: () => ["export", run, "--stitch", "0", "--out", join(folder, "exported"), "--force"],
  schema: () => ["schema"],
  completion: () => ["completion", "bash"],
};
/** Those that start the engine take seconds each, so they are run in one way only. */
const SLOW = new Set([
  ...["adapt", "resume", "evaluate", "evaluate --latency", "plan --dry-run", "export", "predict", "doctor"],
]);
const line = (name: string) => LINES[name]?.() ?? [];

const ESCAPE = "\x1b";
const WAYS: [string, Record<string, string | undefined>][] = [
  ["piped", { NO_COLOR: undefined }],
  ["under NO_COLOR", { NO_COLOR: "1" }],
  ["under CI", { CI: "1", NO_COLOR: undefined }],
  ["with TERM=dumb", { TERM: "dumb", NO_COLOR: undefined }],
  ["with LANG=C", { LANG: "C", LC_ALL: "C", NO_COLOR: undefined }],
];

test("every command has a line here, and every line is of a command", () => {
  expect([...new Set(Object.keys(LINES).map((name) => name.split(" ")[0]))].sort()).toEqual(
    Object.keys(COMMANDS).sort(),
  );
});

describe.each(WAYS)("%s", (way, env) => {
  const commands = Object.keys(LINES).filter((name) => way === "piped" || !SLOW.has(name));

  test.each(commands)(
    "esta %s writes text and ends",
    async (name) => {
      const { code, stdout, stderr } = await esta(line(name), { cwd: folder, env, timeout: 120_000 });
      expect({ name, code, stderr }).toMatchObject({ code: 0 });
      expect(stdout).not.toBe("");
      expect(stdout + stderr).not.toContain(ESCAPE);
      // Nothing that redraws.
      expect(stdout + stderr).not.toContain("\r");
    },
    150_000,
  );
});

describe("redirected to a file", () => {
  test.each(["plan", "pareto", "status", "explain", "families"])(
    "esta %s is the same as piped",
    async (name) => {
      const piped = await esta(line(name), { cwd: folder });
      const out = join(folder, `${name}.txt`);
      await execa({
        cwd: folder,
        shell: true,
        stdin: "ignore",
        env: { NO_COLOR: "1" },
      })`node ${ESTA} ${line(name)} > ${out}`;
      expect(readFileSync(out, "utf8").trimEnd()).toBe(piped.stdout.trimEnd());
    },
  );
});

describe("cut off by head", () => {
  const commands = Object.keys(LINES).filter((name) => !SLOW.has(name));

  test.each(commands)("esta %s leaves no trace", async (name) => {
    const quick = {
      cwd: folder,
      shell: "/bin/bash",
      stdin: "ignore",
      reject: false,
      timeout: 60_000,
    } as const;
    const { stderr, timedOut } = await execa(quick)`node ${ESTA} ${line(name)} | head -c 1 > /dev/null`;
    expect(timedOut).toBe(false);
    expect(stderr).not.toMatch(/EPIPE|^ {4}at /m);
  });

  test("with --json too", async () => {
    const { stderr } = await execa({ shell: true })`node ${ESTA} plan ${DIGITS} --json | head -c 10`;
    expect(stderr).toBe("");
  });
});

describe("a run's progress", () => {
  const long = ["--set", "training.steps=400", "--set", "training.checkpoint_every=1000"];
  const adapt = (name: string, ...more: string[]) => [
    "adapt",
    DIGITS,
    ...QUICK,
    ...more,
    "--run-dir",
    join(folder, name),
  ];

  test("in a terminal is redrawn in place and leaves nothing behind", async () => {
    const terminal = startTerminal(adapt("drawn", "--set", "training.steps=60"), { columns: 70 });
    await terminal.until(/training {2}[━─]+ {2}\d+\/60/, 120);
    await terminal.until(/draws by cost/);
    terminal.resize(36);
    terminal.resize(100);
    expect(await terminal.ended).toBe(0);
    const { text } = terminal.screen;
    expect(text).toMatch(/palette chosen by final-training-loss/);
    expect(text).toMatch(/\* on the frontier/);
    for (const gone of [/draws by cost/, /sampling now/, /[━─]{8} /, /steps\/s/])
      expect(text).not.toMatch(gone);
  }, 240_000);

  test("in a log is a few lines, and the result alone is on stdout", async () => {
    const { stdout, stderr } = await esta(adapt("logged"), { cwd: folder });
    expect(stderr).toMatch(/^training$/m);
    expect(stderr.split("\n").length).toBeLessThan(20);
    expect(stdout).toMatch(/^tiny-vit, esta/);
  }, 240_000);

  test("Ctrl-C in a terminal, which reaches the engine too, writes a checkpoint; watch and status tell of it", async () => {
    const terminal = startTerminal(adapt("stopped", ...long), { columns: 90 });
    const stopped = join(folder, "stopped");
    await terminal.until(/training {2}[━─]+ {2}\d/, 120);
    const status = await esta(["status", stopped, "--json"]);
    expect(JSON.parse(status.stdout)).toMatchObject({ state: "running", phase: "train", steps: 400 });
    const watching = startTerminal(["watch", stopped], { columns: 60 });
    await watching.until(/training {2}[━─]+ {2}\d/);
    const left = startTerminal(["watch", stopped]);
    await left.until(/training {2}[━─]+ {2}\d/);
    await left.type(KEYS.interrupt);
    expect(await left.ended).toBe(130);
    expect(left.screen.text).toContain("the run goes on");
    await terminal.type(KEYS.interrupt);
    expect(await terminal.ended).toBe(130);
    expect(terminal.screen.text).toMatch(
      /stopped by SIGINT \(checkpoint at step \d+\); go on with: esta resume/,
    );
    // The watcher ends with the run, and says that it was not finished.
    expect(await watching.ended).toBe(4);
    expect(watching.screen.text).toMatch(/stopped: stopped\nadapt: esta/);
    expect(watching.screen.text).toContain("next: esta resume");
    const after = JSON.parse((await esta(["status", stopped, "--json"])).stdout);
    expect(after).toMatchObject({ state: "stopped", process: null });
    expect(after.checkpoint_step ?? after.end.checkpoint_step).toBe(after.step);
    expect(readdirSync(stopped)).toContain("checkpoint");
  }, 300_000);
});

test("explain says as JSON what it draws", async () => {
  const { stdout } = await esta(["explain", run, "--stitch", "7", "--json"]);
  const explained = JSON.parse(stdout);
  expect(explained.id).toBe(7);
  const sum = explained.parts.reduce((total: number, part: { macs: number }) => total + part.macs, 0);
  expect(sum).toBe(explained.macs);
  const drawn = await esta(["explain", run, "--stitch", "7"]);
  for (const { anchor } of explained.parts) expect(drawn.stdout).toContain(anchor);
  expect(drawn.stdout).toMatch(/stitching layer \d+/);
  const unknown = await esta(["explain", run, "--stitch", "9999"]);
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toMatch(/ids go from 0 to \d+/);
});
