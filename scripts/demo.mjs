/**
 * `npm run demo`: all set-up, then the main job on the embedded default. The tiny ViT family is adapted to
 * scikit-learn's digits with ESTA, each anchor is tuned alone with LoRA as the baseline, and a report shows both.
 * Arguments are handed to both adaptations, e.g. `npm run demo -- --set training.steps=200`.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { bootstrapOrExit } from "./setup/command.mjs";
import { ROOT } from "./setup/index.mjs";

const extra = process.argv.slice(2);
/** Steps of each anchor: a third of the palette's, so that both take as many steps in all. */
const LORA_STEPS = ["--set", "training.steps=500"];
const palette = join("runs", "digits");
const baseline = join("runs", "digits-lora");
const commands = [
  ["adapt", "configs/digits.yaml", "--run-dir", palette, ...force(palette), ...extra],
  [
    "adapt",
    "configs/digits.yaml",
    "--method",
    "lora",
    ...LORA_STEPS,
    "--run-dir",
    baseline,
    ...force(baseline),
    ...extra,
  ],
  ["report", palette, baseline],
];

await bootstrapOrExit();
for (const command of commands) {
  process.stderr.write(`\n$ esta ${command.join(" ")}\n`);
  const code = await esta(command);
  if (code !== 0) {
    process.exitCode = code;
    break;
  }
}

/** The demo's own folders are replaced by the next demo. */
function force(folder) {
  return existsSync(join(ROOT, folder)) ? ["--force"] : [];
}

/** Runs one command in the foreground; Ctrl-C reaches it through the terminal, and it decides what that means. */
function esta(args) {
  const ignore = () => {};
  process.on("SIGINT", ignore);
  const child = spawn(process.execPath, [join(ROOT, "bin", "esta.js"), ...args], {
    cwd: ROOT,
    stdio: "inherit",
  });
  const forward = () => child.kill("SIGTERM");
  process.on("SIGTERM", forward);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      process.removeListener("SIGINT", ignore);
      process.removeListener("SIGTERM", forward);
      resolve(code ?? (signal === "SIGINT" ? 130 : 143));
    });
  });
}
