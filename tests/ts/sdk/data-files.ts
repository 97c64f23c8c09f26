/** Files of data for tests that look at them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const PNG = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");

/** Writes files; a list of names gets a PNG's first bytes each. */
export function write(folder: string, files: Record<string, string | Buffer>): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

export const images = (...names: string[]) => Object.fromEntries(names.map((name) => [name, PNG]));
