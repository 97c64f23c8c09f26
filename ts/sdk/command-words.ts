/** Paths and commands as they would be typed where the process runs. */
import { relative } from "node:path";

/** A word as a POSIX shell reads it back. */
export const shellWord = (word: string): string =>
  /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** A path, relative where it lies below. */
export function shown(folder: string): string {
  const path = relative(process.cwd(), folder);
  return path === "" ? "." : path.startsWith("..") ? folder : path;
}

/** The command that does again what the run in `folder` did. */
export const repeatCommand = (folder: string): string =>
  `esta adapt ${shellWord(`${shown(folder)}/plan.json`)} --run-dir NEW_FOLDER`;
