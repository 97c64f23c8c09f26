/** The versions that requirements.txt pins. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../scripts/setup/index.mjs";

const PIN = /^([\w.-]+)==([^\s;]+)(?:\s*;\s*python_full_version\s*(<|>=)\s*'(\d+)\.(\d+)')?\s*$/;

/** Package -> version that is pinned for `python` (e.g. 3.11.7). Lines that hold on some platforms only are left out. */
export function pinnedVersions(
  python: string,
  file = join(ROOT, "requirements.txt"),
): Record<string, string> {
  const [major = 0, minor = 0] = python.split(".").map(Number);
  const pins: Record<string, string> = {};
  for (const line of readFileSync(file, "utf8").split(/\r?\n/)) {
    const [, name, version, comparison, markerMajor, markerMinor] = PIN.exec(line) ?? [];
    if (name === undefined || version === undefined) continue;
    const newer = major - Number(markerMajor) || minor - Number(markerMinor);
    if (comparison === undefined || (comparison === "<" ? newer < 0 : newer >= 0)) pins[name] = version;
  }
  return pins;
}
