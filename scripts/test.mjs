/**
 * `npm test`: all set-up, then every check and test of both languages, all of them even when one fails. The last
 * line counts tests, each static check as one: `N passed, N failed[, N skipped]`.
 *
 *     npm test                      everything
 *     npm test -- ruff pytest       some of: biome tsc ruff ruff-format mypy vitest pytest
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootstrapOrExit } from "./setup/command.mjs";
import { ROOT } from "./setup/index.mjs";
import { judge, readJunitCounts, readVitestCounts, summary } from "./testing/counts.mjs";

const python = await bootstrapOrExit({ dev: true });
const scratch = mkdtempSync(join(tmpdir(), "estakit-test-"));
const vitestFile = join(scratch, "vitest.json");
const junitFile = join(scratch, "pytest.xml");

const node = (...path) => [process.execPath, join(ROOT, "node_modules", ...path)];
const reporters = [
  "--reporter=default",
  `--reporter=${join(ROOT, "scripts", "testing", "vitest-counts.mjs")}`,
];
const CHECKS = {
  biome: { command: [...node("@biomejs", "biome", "bin", "biome"), "check"] },
  tsc: { command: [...node("typescript", "bin", "tsc"), "--noEmit", "-p", "tsconfig.json"] },
  ruff: { command: [python, "-m", "ruff", "check", "."] },
  "ruff-format": { command: [python, "-m", "ruff", "format", "--check", "."] },
  mypy: { command: [python, "-m", "mypy"] },
  vitest: {
    command: [...node("vitest", "vitest.mjs"), "run", ...reporters],
    counts: () => readVitestCounts(vitestFile),
  },
  pytest: {
    command: [python, "-m", "pytest", "-q", "--continue-on-collection-errors", `--junitxml=${junitFile}`],
    counts: () => readJunitCounts(junitFile),
  },
};

let child;
let stopped = 0;
for (const [name, number] of Object.entries({ SIGINT: 2, SIGTERM: 15 })) {
  process.on(name, () => {
    stopped = number;
    child?.kill("SIGTERM");
  });
}

const results = [];
try {
  for (const name of chosenChecks(process.argv.slice(2))) {
    if (stopped > 0) break;
    results.push(await perform(name, CHECKS[name]));
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
report(results);
const failed = results.some((result) => result.failed > 0);
process.exitCode = stopped > 0 ? 128 + stopped : failed || results.length === 0 ? 1 : 0;

function chosenChecks(names) {
  const unknown = names.filter((name) => !(name in CHECKS));
  if (unknown.length === 0) return names.length > 0 ? names : Object.keys(CHECKS);
  process.stderr.write(
    `npm test: got ${unknown.join(", ")}; allowed are ${Object.keys(CHECKS).join(", ")}\n`,
  );
  process.exit(2);
}

async function perform(name, { command, counts }) {
  console.log(`\n=== ${name}`);
  const started = performance.now();
  const code = await run(command);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const result = counts
    ? judge(counts(), code)
    : { passed: Number(code === 0), failed: Number(code !== 0), skipped: [] };
  console.log(`=== ${name}: ${summary(result.passed, result.failed, result.skipped.length)} (${seconds} s)`);
  return { name, ...result };
}

/** Runs one check in the foreground; gives its exit code, 1 where it could not start or was killed. */
function run([command, ...args]) {
  return new Promise((resolve) => {
    child = spawn(command, args, {
      cwd: ROOT,
      stdio: ["ignore", "inherit", "inherit"],
      env: {
        ...process.env,
        ESTAKIT_VITEST_COUNTS: vitestFile,
        // Two runners' worth of torch threads on few cores is slower than one each.
        OMP_NUM_THREADS: process.env.OMP_NUM_THREADS ?? "1",
      },
    });
    child.on("error", (error) => {
      console.log(error.message);
      resolve(1);
    });
    child.on("close", (code) => resolve(code ?? 1));
  });
}

function report(results) {
  const total = { passed: 0, failed: 0, skipped: [] };
  for (const { passed, failed, skipped } of results) {
    total.passed += passed;
    total.failed += failed;
    total.skipped.push(...skipped);
  }
  console.log("");
  for (const { name, reason } of total.skipped) console.log(`skipped: ${name}: ${reason}`);
  const bad = results.filter((result) => result.failed > 0).map((result) => result.name);
  if (bad.length > 0) console.log(`failed in: ${bad.join(", ")}`);
  console.log(summary(total.passed, total.failed, total.skipped.length));
}
