/**
 * Stamps: small JSON files that say from which inputs something was made. A stamp lies inside the thing that it
 * describes, so that it vanishes with it, and is written only after success, in one piece.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const STAMP_NAME = ".estakit-stamp.json";

/** SHA-256 over texts and file contents, in order; each part is delimited. */
export function hashOf(parts) {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = Buffer.from(part);
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest("hex");
}

/** The text of a file with \n line ends, so that a checkout's line ends do not matter; "" where there is none. */
export function textOf(file) {
  try {
    return readFileSync(file, "utf8").replaceAll("\r\n", "\n");
  } catch {
    return "";
  }
}

/** The stamp in `folder`, or null where there is none or it is not one. */
export function readStamp(folder) {
  try {
    const stamp = JSON.parse(readFileSync(join(folder, STAMP_NAME), "utf8"));
    return typeof stamp === "object" && typeof stamp?.inputs === "string" && Array.isArray(stamp.entries)
      ? stamp
      : null;
  } catch {
    return null;
  }
}

/** Writes the stamp of `folder` atomically. */
export function writeStamp(folder, stamp) {
  const file = join(folder, STAMP_NAME);
  const draft = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(draft, `${JSON.stringify(stamp)}\n`);
  renameSync(draft, file);
}

/** Names in a folder, [] where it does not exist. */
export function namesIn(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** All files under a folder as sorted relative paths with forward slashes. */
export function filesUnder(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath ?? entry.path, entry.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    )
    .sort();
}
