/** Runs one tool to its end, keeping the end of what it printed. */
import { spawn } from "node:child_process";

const KEPT_CHARACTERS = 64_000;

/**
 * Runs `command` with `args`; never throws. Gives `{command, code, signal, output, error}`: `output` is the end of
 * stdout and stderr together, `error` is set where the command could not be started.
 *
 * `options`: `cwd`, `env` (added to the own), `signal` (aborting ends the tool), `onStart(pid)`.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    let output = "";
    let error;
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
      signal: options.signal,
      // npm is a .cmd file on Windows, which only a shell can start.
      shell: process.platform === "win32" && command.endsWith(".cmd"),
      windowsHide: true,
    });
    const keep = (chunk) => {
      output = (output + chunk).slice(-KEPT_CHARACTERS);
    };
    child.stdout.setEncoding("utf8").on("data", keep);
    child.stderr.setEncoding("utf8").on("data", keep);
    child.on("error", (cause) => {
      error = cause;
    });
    child.on("spawn", () => options.onStart?.(child.pid));
    child.on("close", (code, signal) => resolve({ command, code, signal, output, error }));
  });
}

/** True when a result of `run` is a success. */
export const succeeded = (result) => result.error === undefined && result.code === 0;
