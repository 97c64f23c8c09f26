/** Runs the real command line as a user does: `node bin/esta.js`, after the build. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa, type Options } from "execa";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const ESTA = join(ROOT, "bin", "esta.js");
export const DIGITS = join(ROOT, "configs", "digits.yaml");

/** Overrides under which a whole run of `configs/digits.yaml` takes seconds. */
export const QUICK = [
  ...["--set", "training.steps=8", "--set", "training.batch_size=8", "--set", "training.checkpoint_every=3"],
  ...[
    "--set",
    "method.initialisation.samples=16",
    "--set",
    "task.sizes={train: 40, validation: 20, test: 40}",
  ],
];

export interface Result {
  code: number | undefined;
  stdout: string;
  stderr: string;
}

export async function esta(args: readonly string[], options: Options = {}): Promise<Result> {
  const run = await startEsta(args, options);
  return { code: run.exitCode, stdout: String(run.stdout), stderr: String(run.stderr) };
}

/** The same, not awaited: for tests that send signals. */
export function startEsta(args: readonly string[], options: Options = {}) {
  const env = { NO_COLOR: "1", ...options.env };
  return execa("node", [ESTA, ...args], { cwd: ROOT, reject: false, stdin: "ignore", ...options, env });
}
