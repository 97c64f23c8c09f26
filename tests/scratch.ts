/** Temporary folders of tests, removed once the tests of the file that asked for them have run. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

const made: string[] = [];

// A process that a test has killed may write its last for a moment yet.
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

/** A new folder; its path has no links in it. */
export function scratch(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "estakit-tests-")));
  made.push(folder);
  return folder;
}
