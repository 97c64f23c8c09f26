/** What goes wrong for users: each a clear error with its exit code, and nothing lost. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { scratch } from "../scratch.js";
import { DIGITS, esta, QUICK, ROOT, startEsta } from "./cli.js";

const sha256 = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1200; tries += 1) {
    if (condition()) return;
    await sleep(50);
  }
  throw new Error("the awaited condition did not come true within a minute");
}

const eventsOf = (run: string) =>
  existsSync(join(run, "events.ndjson")) ? readFileSync(join(run, "events.ndjson"), "utf8") : "";

describe("environment", () => {
  test("an interpreter that is not there exits with 3 and says how to get one", async () => {
    const args = [
      "adapt",
      DIGITS,
      ...QUICK,
      "--run-dir",
      join(scratch(), "run"),
      "--python",
      "/nowhere/python3",
    ];
    const { code, stderr } = await esta(args);
    expect(code).toBe(3);
    expect(stderr).toContain("/nowhere/python3");
  });

  test("an interpreter without torch exits with 3 and names torch", async () => {
    const folder = scratch();
    const { execa } = await import("execa");
    await execa("python3", ["-m", "venv", "--without-pip", join(folder, "venv")]);
    const python = join(folder, "venv", "bin", "python");
    const { code, stderr } = await esta([
      "adapt",
      DIGITS,
      ...QUICK,
      "--run-dir",
      join(folder, "run"),
      "--python",
      python,
    ]);
    expect(code).toBe(3);
    expect(stderr).toContain("torch");
  }, 60_000);
});

describe("weights, data and plans", () => {
  test("weights that are not there are named", async () => {
    const folder = scratch();
    const file = join(folder, "esta.yaml");
    const anchors = [16, 32].map(
      (width) => `{name: w${width}, width: ${width}, depth: 2, heads: 2, weights: ./w${width}}`,
    );
    writeFileSync(
      file,
      [
        "version: 1",
        `family: {kind: vit, image_size: 28, patch_size: 7, anchors: [${anchors.join(", ")}]}`,
        "space: {rule: paired, keep_costlier_than_dearest_anchor: true}",
        "task: {type: image-classification, data: digits}",
      ].join("\n"),
    );
    const { code, stderr } = await esta(["adapt", file, "--run-dir", join(folder, "run")]);
    expect(code).toBe(4);
    expect(stderr).toContain("w16");
  }, 60_000);

  test("data that are not there are named", async () => {
    const folder = scratch();
    const set = ["--set", `task.data={train: ${folder}/missing}`, "--set", "task.classes=10"];
    const { code, stderr } = await esta([
      "adapt",
      DIGITS,
      ...QUICK,
      ...set,
      "--run-dir",
      join(folder, "run"),
    ]);
    expect([2, 4]).toContain(code);
    expect(stderr).toContain(`${folder}/missing`);
  }, 60_000);

  test("a plan edited by hand is refused with the place of the edit", async () => {
    const folder = scratch();
    const file = join(folder, "plan.json");
    await esta(["plan", DIGITS, ...QUICK, "--out", file]);
    const plan = JSON.parse(readFileSync(file, "utf8"));
    plan.stitches[5].route[1].end = 99;
    writeFileSync(file, JSON.stringify(plan));
    const { code, stderr } = await esta(["adapt", file, "--run-dir", join(folder, "run")]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/stitches.*5.*route/);
  }, 60_000);

  test("a plan takes no overrides, for it is executed exactly", async () => {
    const file = join(scratch(), "plan.json");
    await esta(["plan", DIGITS, "--out", file]);
    const { code, stderr } = await esta(["adapt", file, "--set", "training.steps=1"]);
    expect(code).toBe(2);
    expect(stderr).toContain("executed exactly");
  });
});

describe("interruptions", () => {
  const LONG = [...QUICK, "--set", "training.steps=400", "--set", "training.checkpoint_every=50"];

  test("SIGINT writes a checkpoint and exits with 130; a live run's folder is refused; resume finishes it", async () => {
    const run = join(scratch(), "run");
    const running = startEsta(["adapt", DIGITS, ...LONG, "--run-dir", run]);
    await until(() => eventsOf(run).includes('"event":"step"'));
    const second = await esta(["resume", run]);
    expect(second.code).toBe(4);
    expect(second.stderr).toMatch(/in use/);
    running.kill("SIGINT");
    const stopped = await running;
    expect(stopped.exitCode).toBe(130);
    expect(String(stopped.stderr)).toContain("esta resume");
    expect(eventsOf(run)).toContain('"event":"stopped"');
    const resumed = await esta(["resume", run]);
    expect(resumed.code).toBe(0);
    const whole = join(scratch(), "run");
    expect((await esta(["adapt", DIGITS, ...LONG, "--run-dir", whole])).code).toBe(0);
    const adapter = join("palette", "adapter.safetensors");
    expect(sha256(join(run, adapter))).toBe(sha256(join(whole, adapter)));
  }, 300_000);

  test("a second signal stops at once, which is no failure", async () => {
    const run = join(scratch(), "run");
    const running = startEsta(["adapt", DIGITS, ...LONG, "--set", "training.steps=4000", "--run-dir", run]);
    await until(() => eventsOf(run).includes('"event":"step"'));
    running.kill("SIGINT");
    running.kill("SIGTERM"); // two of a kind may become one
    const stopped = await running;
    expect(stopped.exitCode).toBe(143);
    expect(String(stopped.stderr)).toMatch(/stopped at once by SIG\w+; .* is lost; go on with: esta resume/);
    expect(String(stopped.stderr)).not.toContain("error");
  }, 120_000);

  test("when the front is killed the engine writes a checkpoint and ends", async () => {
    const run = join(scratch(), "run");
    const running = startEsta(["adapt", DIGITS, ...LONG, "--set", "training.steps=4000", "--run-dir", run]);
    await until(() => eventsOf(run).includes('"event":"step"'));
    running.kill("SIGKILL");
    await running;
    await until(() => eventsOf(run).includes('"event":"stopped"'));
    expect(eventsOf(run)).not.toContain('"event":"finished"');
  }, 120_000);
});

test("a palette whose anchors changed is refused", async () => {
  const folder = scratch();
  mkdirSync(join(folder, "models"));
  for (const name of ["tiny-vit-s", "tiny-vit-m"]) {
    cpSync(join(ROOT, "models", "tiny-vit", name), join(folder, "models", name), { recursive: true });
  }
  const file = join(folder, "esta.yaml");
  const task = "task: {type: image-classification, data: digits}";
  writeFileSync(
    file,
    `version: 1\nfamily: [models/tiny-vit-s, models/tiny-vit-m]\nmethod: {name: esta}\n${task}\n`,
  );
  const run = join(folder, "run");
  expect((await esta(["adapt", file, ...QUICK, "--run-dir", run])).code).toBe(0);
  const weights = join(folder, "models", "tiny-vit-s", "model.safetensors");
  const bytes = readFileSync(weights);
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
  writeFileSync(weights, bytes);
  const { code, stderr } = await esta(["evaluate", run, "--stitches", "0", "--split", "train"]);
  expect(code).toBe(4);
  expect(stderr).toMatch(/tiny-vit-s.*(SHA-256|changed)/s);
}, 180_000);
