/** Reads how many tests passed, failed and were skipped from what the two test runners leave behind. */
import { readFileSync } from "node:fs";

/** From the file of vitest-counts.mjs: `{passed, failed, skipped: [{name, reason}]}`; null where it is missing. */
export function readVitestCounts(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}

/** From pytest's JUnit XML: the same; null where the file is missing. An error counts as a failure. */
export function readJunitCounts(file) {
  let xml;
  try {
    xml = readFileSync(file, "utf8");
  } catch {
    return null;
  }
  const counts = { passed: 0, failed: 0, skipped: [] };
  for (const [, attributes, body = ""] of xml.matchAll(
    /<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    const name = `${attribute(attributes, "classname")}.${attribute(attributes, "name")}`;
    const skip = /<skipped\b([^>]*)/.exec(body);
    if (/<(failure|error)\b/.test(body)) counts.failed += 1;
    else if (skip) counts.skipped.push({ name, reason: attribute(skip[1], "message") || "no reason given" });
    else counts.passed += 1;
  }
  return counts;
}

function attribute(text, name) {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(text)?.[1] ?? "";
  return value
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}

/**
 * The counts of one runner that ended with `code`: one that found no test, died, or ended badly without naming a
 * failure has failed.
 */
export function judge(counts, code) {
  if (counts === null) return { passed: 0, failed: 1, skipped: [] };
  const nothingRan = counts.passed + counts.failed + counts.skipped.length === 0;
  const unexplained = code !== 0 && counts.failed === 0;
  return nothingRan || unexplained ? { ...counts, failed: counts.failed + 1 } : counts;
}

/** The last line of `npm test`. */
export function summary(passed, failed, skipped) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
