/** Paths and commands as they would be typed where the process runs. */
import { relative, resolve } from "node:path";

/** A word as a POSIX shell reads it back. */
export const shellWord = (word: string): string =>
  /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** A path as one would type it here: relative, unless that climbs and the whole path is shorter. */
export function shownPath(path: string): string {
  const local = relative(process.cwd(), path) || ".";
  const full = resolve(path);
  return local.startsWith("..") && full.length < local.length + 4 ? full : local;
}

/** The command that does again what the run in `folder` did. */
export const repeatCommand = (folder: string): string =>
  `esta adapt ${shellWord(`${shownPath(folder)}/plan.json`)} --run-dir NEW_FOLDER`;
