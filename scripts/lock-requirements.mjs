/**
 * Makes requirements.txt and requirements-dev.txt from their .in files with uv: one lock for Python 3.10 to 3.13
 * on every platform. `npm run lock` keeps the versions that still fit; `npm run lock -- --upgrade` takes new ones.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
/** Come with the CUDA build of torch alone, by its own metadata; listed, they would be forced on CPU users. */
const CUDA_PACKAGES = /^(nvidia-|cuda-|triton==)/;
const HEADER = "# Locked: made by `npm run lock` from";

/** The lock of `source`, with the lines of `without` (already locked elsewhere) left out. */
function lock(source, target, without = new Set()) {
  const compile = [
    "pip",
    "compile",
    "--universal",
    "--python-version",
    "3.10",
    "--no-header",
    "--no-annotate",
  ];
  const result = spawnSync("uv", [...compile, "--quiet", source, "-o", target, ...process.argv.slice(2)], {
    cwd: root,
    stdio: "inherit",
  });
  if (result.error) throw new Error(`cannot run uv (${result.error.message}); install it: pip install uv`);
  if (result.status !== 0) process.exit(result.status ?? 1);
  const file = `${root}/${target}`;
  const lines = readFileSync(file, "utf8").split("\n").map(withoutBrowserMarkers).filter(Boolean);
  const kept = lines.filter((line) => !CUDA_PACKAGES.test(line) && !without.has(line));
  return { file, lines: kept };
}

/** Python in the browser is not served, so markers about it say nothing; a package for it alone is dropped. */
function withoutBrowserMarkers(line) {
  if (line.startsWith("#") || line.includes("sys_platform == 'emscripten'")) return "";
  return line.replace(/ and sys_platform != 'emscripten'/, "").replace(/ ; sys_platform != 'emscripten'/, "");
}

const run = lock("requirements.in", "requirements.txt");
writeFileSync(run.file, `${HEADER} requirements.in. Do not edit.\n${run.lines.join("\n")}\n`);
const dev = lock("requirements-dev.in", "requirements-dev.txt", new Set(run.lines));
const first = `${HEADER} requirements-dev.in. Do not edit.\n-r requirements.txt\n`;
writeFileSync(dev.file, `${first}${dev.lines.join("\n")}\n`);
