/** Queries as JSON lines: `python -m esta_engine query` answers one line of stdin with one of stdout, in order. */
import { execa } from "execa";
import { EstaError } from "../errors.js";
import { engineEnvironment } from "./job.js";
import type { QueryTransport } from "./query.js";

export async function openLineTransport(python: string): Promise<QueryTransport> {
  const child = execa(python, ["-m", "esta_engine", "query"], {
    env: engineEnvironment(),
    stdio: ["pipe", "pipe", "pipe"],
    buffer: { stdout: false, stderr: true },
    maxBuffer: { stderr: 1_000_000 },
    reject: false,
    cleanup: true,
  });
  child.stdin.on("error", () => {}); // its death is told by the lines' end
  const lines = child.iterable({ from: "stdout", binary: false })[Symbol.asyncIterator]();
  // Answers come in the order of the questions: each waits for the one before, which may have failed.
  let before: Promise<unknown> = Promise.resolve();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (!done) return String(value);
    const lastWords = String((await child).stderr ?? "")
      .trim()
      .split("\n")
      .slice(-15)
      .join("\n");
    throw new EstaError(
      "engine",
      `Python ended unexpectedly while it was asked${lastWords && `:\n${lastWords}`}`,
    );
  };
  return {
    request: (text) => {
      child.stdin.write(`${text}\n`);
      const next = before.then(answer);
      before = next.catch(() => {});
      return next;
    },
    close: () => void child.stdin.end(),
  };
}
