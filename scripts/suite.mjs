/**
 * The suite: methods side by side on several tasks of real data (docs/suite.md).
 *
 *     node scripts/suite.mjs prepare            makes the data and models that are missing (.cache/suite)
 *     npm run suite                             runs every task, or goes on: 5 seeds, hours
 *     npm run suite -- --quick                  the same in minutes, to see that it all works
 *     npm run suite -- --task digits --workers 2
 *     node scripts/suite.mjs tables             writes the tables of the documents from results/
 *
 * Finished runs are kept in runs/suite, each task's comparison beside them (with --quick in runs/suite-quick); one that is
 * whole is copied to results/.
 */
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bootstrapOrExit } from "./setup/command.mjs";
import { pythonOf, ROOT, venvFolder } from "./setup/index.mjs";
import { staleTables, writeTables } from "./suite/tables.mjs";
import { DEFAULT_DATA, dataFlags, missingData, TASKS } from "./suite/tasks.mjs";

const { command, options } = readCommand(process.argv.slice(2));
const tasks = options.task ?? Object.keys(TASKS);
const data = resolve(options.data ?? DEFAULT_DATA);
const debian = options.debian === undefined ? join(data, "debian") : resolve(options.debian);

let child;
let stopped = 0;
for (const [name, number] of Object.entries({ SIGINT: 2, SIGTERM: 15 })) {
  process.on(name, () => {
    stopped = number;
    // The terminal has told the child itself of Ctrl-C.
    if (name === "SIGTERM") child?.kill("SIGTERM");
  });
}

if (command === "tables") tables();
else {
  const python = options["no-setup"] ? pythonOf(venvFolder(ROOT)) : await bootstrapOrExit();
  process.exitCode = command === "prepare" ? await prepare(python) : await run();
}

function readCommand(words) {
  try {
    const { values, positionals } = parseArgs({
      args: words,
      allowPositionals: true,
      options: {
        task: { type: "string", multiple: true },
        arm: { type: "string", multiple: true },
        data: { type: "string" },
        debian: { type: "string" },
        workers: { type: "string" },
        quick: { type: "boolean" },
        check: { type: "boolean" },
        "no-setup": { type: "boolean" },
      },
    });
    const [name = "run", ...rest] = positionals;
    if (!["prepare", "run", "tables"].includes(name) || rest.length > 0) {
      throw new Error(`got ${positionals.join(" ")}; allowed: prepare, run, tables`);
    }
    const unknown = (values.task ?? []).filter((task) => !(task in TASKS));
    if (unknown.length > 0) {
      throw new Error(`no task ${unknown.join(", ")}; allowed: ${Object.keys(TASKS).join(", ")}`);
    }
    return { command: name, options: values };
  } catch (error) {
    process.stderr.write(`suite: ${error.message}\n`);
    process.exit(2);
  }
}

/** Makes what is missing; one failure does not keep the rest from being made. */
async function prepare(python) {
  const missing = missingData(tasks, data, debian);
  mkdirSync(data, { recursive: true });
  let failed = 0;
  for (const { name, needs, command: words } of missing) {
    say(`making ${name}, which takes ${needs}`);
    const [script, ...args] = words;
    if ((await start(python, [join(ROOT, "scripts", script), ...args])) !== 0) failed += 1;
    if (stopped > 0) return 128 + stopped;
  }
  if (failed > 0) {
    const place = relative(process.cwd(), debian) || ".";
    say(
      "Debian packages need no root: in the folder " +
        `${place}, \`apt-get download dataset-fashion-mnist wordnet-base\`, then \`dpkg -x\` each to \`.\`; prepare again.`,
    );
    return 3;
  }
  say(missing.length === 0 ? `nothing is missing in ${shown(data)}` : `all is in ${shown(data)}`);
  return 0;
}

/** Runs each task's sweep; what fails is told at the end, and the others go on. */
async function run() {
  const missing = missingData(tasks, data, debian);
  if (missing.length > 0) {
    const names = missing.map(({ name, needs }) => `  ${name}, which takes ${needs}`).join("\n");
    say(`data is missing in ${shown(data)}:\n${names}\nMake it with \`node scripts/suite.mjs prepare\`.`);
    return 3;
  }
  const codes = {};
  // A part of the arms is no result, and neither is what a sweep has that was stopped or of which a run failed.
  const isEvidence = !options.quick && options.arm === undefined;
  for (const task of tasks) {
    const began = performance.now();
    say(`\n=== ${task}`);
    codes[task] = await start(process.execPath, [join(ROOT, "bin", "esta.js"), ...compareArgs(task)]);
    if (isEvidence && codes[task] === 0) copyFileSync(jsonOf(task), join(ROOT, "results", `${task}.json`));
    say(`${task}: ${codes[task] === 0 ? "done" : `exit code ${codes[task]}`} after ${minutes(began)}`);
    if (stopped > 0 || codes[task] >= 128) break;
  }
  if (isEvidence && Object.values(codes).includes(0)) writeTables();
  const bad = Object.values(codes).filter((code) => code !== 0);
  return stopped > 0 ? 128 + stopped : Math.max(0, ...bad);
}

const runsFolder = () => join("runs", options.quick ? "suite-quick" : "suite");
const jsonOf = (task) => join(ROOT, runsFolder(), `${task}.json`);

function compareArgs(task) {
  const runs = runsFolder();
  return [
    ...["compare", join("configs", "suite", `${task}.yaml`), "--run-dir", join(runs, task)],
    ...["--out", join(runs, `${task}.html`), "--out", jsonOf(task)],
    ...(options.quick ? ["--quick"] : []),
    ...(options.workers === undefined ? [] : ["--workers", options.workers]),
    ...(options.arm ?? []).flatMap((arm) => ["--arm", arm]),
    ...dataFlags(task, data),
  ];
}

function tables() {
  if (!options.check) {
    writeTables();
    return;
  }
  const stale = staleTables();
  if (stale.length === 0) return;
  say(`not what results/ says: ${stale.join(", ")}; run \`node scripts/suite.mjs tables\``);
  process.exitCode = 1;
}

/** Runs a program in the foreground; gives its exit code. */
function start(program, args) {
  child = spawn(program, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
  return new Promise((done, fail) => {
    child.on("error", fail);
    child.on("close", (code, signal) => done(code ?? (signal === "SIGINT" ? 130 : 143)));
  });
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function minutes(began) {
  const seconds = Math.round((performance.now() - began) / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function shown(path) {
  return relative(process.cwd(), path) || ".";
}
